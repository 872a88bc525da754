// The scheduler dies at every commit and call of a cluster from create to delete, once or repeatedly, before or after
// its effect. The cluster must come up every time, and a delete must leave nothing. The checker watches all other
// rules.
import { type Resource, Resources } from "@cke/mesos";
import { exampleBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { parseTaskId } from "@cke/scheduler/workload/records/task-ids";
import { expect, test } from "vitest";
import type { CrashPoint } from "../fault-model/scheduler-crash-point.ts";
import { World } from "../world/world.ts";
import { CrashLoop } from "./crash-loop.ts";

type Body = ReturnType<typeof exampleBody>;

const reserving = (): Body => {
  const { kubenodes, ...body } = exampleBody();
  const nodes: readonly unknown[] = Array.isArray(kubenodes) ? kubenodes : [];
  return { ...body, kubenodes: nodes.map((node) => Object.assign({}, node, { reservation: true })) };
};

class Scene {
  readonly world: World;
  readonly loop: CrashLoop;
  readonly #body: Body;

  constructor(seed: number, { body = exampleBody(), again = true }: { body?: Body; again?: boolean } = {}) {
    this.#body = body;
    this.world = new World({
      seed,
      agents: [
        { hostname: "10.124.142.224", resources: "cpus:12;mem:65536;ports:[31000-35000]" },
        { hostname: "b", resources: "cpus:4;mem:65536;ports:[31000-35000]" },
      ],
    });
    this.loop = new CrashLoop(this.world, { again });
  }

  get #stored(): boolean {
    return this.world.store.values.has("workloads/my");
  }

  get state() {
    const { leader } = this.world;
    return leader?.service.connected() === true && this.#stored ? leader.service.list()[0] : undefined;
  }

  async create(): Promise<void> {
    const { loop } = this;
    await loop.insist(
      "create",
      ({ service }) => service.create(this.#body),
      () => this.#stored,
    );
    await loop.until(() => this.state?.status === "running", "it runs");
  }

  /** In order: no master ends while anything else of the cluster still runs. */
  async stop(): Promise<void> {
    const { loop, world } = this;
    const running = () => new Set(world.checker.live().map(({ taskId }) => parseTaskId(taskId)?.unit));
    await loop.insist(
      "stop",
      ({ service }) => service.expect("my", undefined, "STOP", ""),
      () => this.state?.expect === "STOP",
    );
    await loop.until(() => {
      const units = running();
      if (units.size > 0) expect(units).toContain("master");
      return this.state?.status === "stopped";
    }, "it is stopped");
    expect(running()).toEqual(new Set());
  }

  async startAgain(): Promise<void> {
    const { loop } = this;
    await loop.insist(
      "start",
      ({ service }) => service.expect("my", undefined, "RUN", ""),
      () => this.state?.expect === "RUN",
    );
    await loop.until(() => this.state?.status === "running", "it runs again");
  }

  /** Ids of the tasks of all nodes but this one. */
  #others(node: string): ReadonlySet<string> {
    const live = this.world.checker.live().filter(({ key }) => key.split("/")[1] !== node);
    return new Set(live.map(({ taskId }) => taskId));
  }

  /** A worker comes and goes: no other node is touched. */
  async comeAndGo(): Promise<void> {
    const { loop, world } = this;
    const before = this.#others("extra");
    const stored = () => world.store.values.has("units/my/extra");
    const [, , console] = [exampleBody().kubenodes].flat();
    const worker = { ...Object.assign({}, console), name: "extra", type: "node", host: "b", node_ip: "192.168.0.90" };
    const { process: _, gottyport: __, ...body } = Object.assign({ process: [], gottyport: "" }, worker);
    await loop.insist("add", ({ nodes }) => nodes.add("my", body, ""), stored);
    await loop.until(() => world.running("my", "extra").includes("kubelet"), "the worker runs");
    expect(this.#others("extra")).toEqual(before);
    world.checker.removalAsked("my", "extra");
    const options = { force: false, drainSeconds: 600 };
    const leaves = () =>
      this.state?.name === "my" && world.leader?.service.get("my").nodes.at(-1)?.expect === "FINISHED";
    await loop.insist(
      "remove the worker",
      ({ nodes }) => nodes.remove("my", ["extra"], options, ""),
      () => !stored() || leaves(),
    );
    await loop.until(() => !stored() && world.running("my", "extra").length === 0, "the worker is gone");
    await loop.until(() => this.state?.status === "running", "the cluster runs");
    expect(world.leader?.service.state("my").plan.changes).toEqual([]);
    expect(this.#others("extra")).toEqual(before);
  }

  async remove(): Promise<void> {
    const { loop, world } = this;
    await loop.insist(
      "delete",
      ({ service }) => service.remove("my"),
      () => !this.#stored || this.state?.status === "killing",
    );
    await loop.until(() => !this.#stored && world.checker.live().length === 0, "it is deleted");
  }

  /** All resources that agents reserve. */
  reserved(): readonly Resource[] {
    return [...this.world.mesos.agents.values()].flatMap(({ resources }) =>
      resources.filter((piece) => Resources.isReserved(piece)),
    );
  }

  /** Expects no record, no task, no container and no reservation. */
  async nothingIsLeft(): Promise<void> {
    const { loop, world } = this;
    world.crashPoint.disarm();
    await loop.until(() => this.reserved().length === 0, "everything is given back");
    await loop.second();
    // Facts about agents are kept when all clusters are gone.
    expect([...world.store.values.keys()].filter((key) => !key.startsWith("agents/"))).toEqual(["framework"]);
    expect(world.checker.remains(new Set(["framework"]))).toEqual([]);
    expect(world.checker.disagreements()).toEqual([]);
  }

  /** Runs a script. An error shows the last lines of the journal. */
  async play(run: string, script: () => Promise<void>): Promise<void> {
    try {
      await this.world.start();
      await script();
    } catch (error) {
      throw this.world.journal.failure(run, error);
    }
  }
}

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
  "a scheduler that dies again and again, seed %i: the cluster comes up, and a delete leaves nothing",
  async (seed) => {
    const scene = new Scene(seed);
    await scene.play(`seed ${seed}`, async () => {
      scene.loop.arm();
      await scene.create();
      scene.loop.arm();
      await scene.remove();
      await scene.nothingIsLeft();
      expect(scene.loop.deaths).toBeGreaterThan(0);
    });
  },
);

test.each(Array.from({ length: 40 }, (_, seed) => seed + 101))(
  "B20: with reservations, seed %i: never reserved twice, nothing reserved in the end",
  async (seed) => {
    const scene = new Scene(seed, { body: reserving() });
    await scene.play(`seed ${seed}`, async () => {
      const cpus = () => Resources.scalarOf(scene.reserved(), "cpus");
      scene.loop.arm();
      await scene.create();
      scene.world.crashPoint.disarm();
      await scene.loop.until(
        () => scene.state?.status === "running" && cpus() === scene.state.total_res.cpu,
        "it runs, and what it needs is reserved once",
      );
      scene.loop.arm();
      await scene.remove();
      await scene.nothingIsLeft();
      expect(scene.loop.deaths).toBeGreaterThan(0);
    });
  },
);

/** Runs a script once for every moment at which the scheduler may die, until none is left. Returns their number. */
async function everyMoment(at: CrashPoint, script: (scene: Scene, arm: () => void) => Promise<void>): Promise<number> {
  for (let moment = 1; ; moment += 1) {
    const scene = new Scene(7, { again: false });
    await scene.play(`death at moment ${moment}`, () => script(scene, () => scene.world.crashPoint.arm(at, moment)));
    if (scene.loop.deaths === 0) return moment - 1;
  }
}

test.each(["commit", "call"] as const)("dies at any %s of a bring-up and a delete", async (at) => {
  const moments = await everyMoment(at, async (scene, arm) => {
    arm();
    await scene.create();
    await scene.remove();
    await scene.nothingIsLeft();
  });
  expect(moments).toBeGreaterThan(20);
});

test.each(["commit", "call"] as const)("dies at any %s of a stop in order and a start", async (at) => {
  const moments = await everyMoment(at, async (scene, arm) => {
    await scene.create();
    arm();
    await scene.stop();
    await scene.startAgain();
    await scene.remove();
    await scene.nothingIsLeft();
  });
  expect(moments).toBeGreaterThan(20);
});

test.each(["commit", "call"] as const)("dies at any %s of a worker that comes and goes", async (at) => {
  const moments = await everyMoment(at, async (scene, arm) => {
    await scene.create();
    arm();
    await scene.comeAndGo();
    await scene.remove();
    await scene.nothingIsLeft();
  });
  expect(moments).toBeGreaterThan(30);
});

test.each(["commit", "call"] as const)("dies at any %s of cleaning up after an executor's death", async (at) => {
  const moments = await everyMoment(at, async (scene, arm) => {
    await scene.create();
    const [run] = scene.world.mesos.agent("10.124.142.224").runs();
    run?.exit(9);
    arm();
    await scene.remove();
    await scene.nothingIsLeft();
  });
  expect(moments).toBeGreaterThan(10);
});
