// Masters come, go and are replaced while the scheduler dies again and again, executors crash, answers are lost and hosts lose
// power. Rules beside the checker's: etcd never loses its majority by CKE, nobody founds a second etcd, and in the end etcd's
// members are the masters.
import { messageOf } from "@cke/foundation";
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import type { CrashPoint } from "../fault-model/scheduler-crash-point.ts";
import { World } from "../world/world.ts";
import { CrashLoop } from "./crash-loop.ts";

const master = (name: string, last: number) => ({ name, type: "master", node_ip: `10.0.0.${last}` });
const gentle = { force: false, drainSeconds: 600 };

/** Each change meets faults for this time; then it must come to its end. */
const stormSeconds = 120;

class Scene {
  readonly world: World;
  readonly loop: CrashLoop;
  readonly #calm: CrashLoop;

  constructor(seed: number, again: boolean) {
    const agents = ["a", "b", "c", "d", "e"].map((hostname) => ({
      hostname,
      resources: "cpus:8;mem:32768;disk:20000;ports:[31000-35000]",
    }));
    this.world = new World({ seed, agents });
    this.loop = new CrashLoop(this.world, { again });
    this.#calm = new CrashLoop(this.world, { again: false });
  }

  get #service() {
    const { leader } = this.world;
    return leader?.service.connected() === true ? leader.service : undefined;
  }

  get #etcd() {
    return this.world.etcd.of("small");
  }

  /** Names of the cluster's masters, as the store has them. */
  #masters(): readonly string[] {
    const prefix = "units/small/m";
    return [...this.world.store.values.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(12));
  }

  #isQuiet(): boolean {
    const service = this.#service;
    if (service === undefined || !this.world.store.values.has("workloads/small")) return false;
    const [item] = service.list();
    return item?.status === "running" && service.state("small").plan.changes.length === 0;
  }

  #isChanging(): boolean {
    return (this.#service?.state("small").plan.changes.length ?? 0) > 0;
  }

  /** Until nothing is to be done; then etcd has exactly the masters as members. */
  async quiet(what: string, ...masters: readonly string[]): Promise<void> {
    const done = () => this.#masters().toSorted().join() === masters.join() && this.#isQuiet();
    const isFine = () => {
      expect(this.#etcd.harm).toEqual([]);
      return done();
    };
    // Executors that crash for ever would keep their nodes waiting for ever.
    for (let second = 0; second < stormSeconds && !isFine(); second += 1) await this.loop.second();
    await this.#calm.until(isFine, what).catch((error: unknown) => {
      const changes = this.#service?.state("small").plan.changes;
      throw new Error(`${messageOf(error)}; etcd: ${this.#etcd.list}; ${JSON.stringify(changes)}`, { cause: error });
    });
    expect(this.#etcd.list.split(" ").toSorted()).toEqual(masters.map((name) => `small-${name}`));
    expect(this.#etcd.hasMajority).toBe(true);
  }

  async create(): Promise<void> {
    const nodes = [master("m1", 1), { name: "w", type: "node", node_ip: "10.0.0.100" }];
    await this.#calm.insist(
      "create",
      ({ service }) => service.create(smallBody({ nodes })),
      () => this.world.store.values.has("workloads/small"),
    );
    await this.quiet("it runs", "m1");
  }

  async grow(): Promise<void> {
    await this.#calm.insist(
      "add masters",
      ({ nodes }) => nodes.add("small", [master("m2", 2), master("m3", 3)], ""),
      () => this.#masters().length === 3,
    );
    await this.quiet("there are three", "m1", "m2", "m3");
  }

  /**
   * `mayDie`: the host of the master is dead, and comes back when it was replaced; unless another master is on it, without which
   * etcd has no majority.
   */
  async replace(name: string, mayDie: boolean): Promise<void> {
    const { world, loop } = this;
    const record = () => JSON.stringify(world.store.values.get(`units/small/${name}`) ?? "");
    const instance = () => /"instance":"([^"]*)"/.exec(record())?.[1];
    const old = instance();
    const host = world.checker.live().find(({ key }) => key === `small/${name}/etcd`)?.agent.hostname;
    const others = world.checker.live().filter(({ key, agent }) => agent.hostname === host && key.endsWith("/etcd"));
    const powerOff = mayDie && others.length === 1;
    if (powerOff && host !== undefined) {
      world.powerOff(host);
      await loop.until(() => record().includes("TASK_UNREACHABLE") || record().includes("TASK_LOST"), "it is noticed");
    }
    world.checker.removalAsked("small", name);
    const planned = () => this.#isChanging() || instance() !== old;
    await this.#calm.insist("replace", ({ nodes }) => nodes.replace("small", name, ""), planned);
    await this.quiet("it is replaced", "m1", "m2", "m3");
    expect(instance()).not.toBe(old);
    if (powerOff && host !== undefined) world.mesos.agent(host).start();
    await world.pass(60_000);
    await this.quiet("the host is back", "m1", "m2", "m3");
  }

  async shrink(): Promise<void> {
    for (const name of ["m2", "m3"]) this.world.checker.removalAsked("small", name);
    await this.#calm.insist(
      "remove masters",
      ({ nodes }) => nodes.remove("small", ["m2", "m3"], gentle, ""),
      () => this.#masters().length < 3 || this.#isChanging(),
    );
    await this.quiet("there is one", "m1");
  }

  async play(run: string, script: () => Promise<void>): Promise<void> {
    try {
      await this.world.start();
      await script();
    } catch (error) {
      throw this.world.journal.failure(run, error);
    }
  }
}

test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
  "one to three, one of them replaced, and back to one, seed %i",
  async (seed) => {
    const scene = new Scene(seed, true);
    await scene.play(`seed ${seed}`, async () => {
      await scene.create();
      scene.world.faultIntensity.chances.set("kubernetes_answer_lost", 0.2);
      scene.loop.arm();
      await scene.grow();
      scene.loop.arm();
      await scene.replace(seed % 2 === 0 ? "m1" : "m3", seed % 3 !== 0);
      scene.loop.arm();
      await scene.shrink();
    });
  },
);

/** Runs a script once for every moment at which the scheduler may die, until none is left. Returns their number. */
async function everyMoment(
  at: CrashPoint,
  script: (scene: Scene) => Promise<void>,
  prepare: (scene: Scene) => Promise<void>,
) {
  for (let moment = 1; ; moment += 1) {
    const scene = new Scene(7, false);
    await scene.play(`death at moment ${moment}`, async () => {
      await prepare(scene);
      scene.world.crashPoint.arm(at, moment);
      await script(scene);
    });
    if (scene.loop.deaths === 0) return moment - 1;
  }
}

test("dies at any commit of 1 → 3", async () => {
  const moments = await everyMoment(
    "commit",
    (scene) => scene.grow(),
    (scene) => scene.create(),
  );
  expect(moments).toBeGreaterThan(15);
}, 1_800_000);

test("dies at any commit of a replacement", async () => {
  const moments = await everyMoment(
    "commit",
    (scene) => scene.replace("m2", true),
    async (scene) => {
      await scene.create();
      await scene.grow();
    },
  );
  expect(moments).toBeGreaterThan(10);
}, 1_800_000);

test("dies at any commit of 3 → 1", async () => {
  const moments = await everyMoment(
    "commit",
    (scene) => scene.shrink(),
    async (scene) => {
      await scene.create();
      await scene.grow();
    },
  );
  expect(moments).toBeGreaterThan(10);
}, 1_800_000);
