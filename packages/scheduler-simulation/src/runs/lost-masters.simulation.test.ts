// The host of a master is lost for good while the masters of its cluster are changed. Etcd has its majority, so that the operator does what
// the refusals say: what is left of the plan is given up, the lost master is replaced, and those that have no place in etcd after it.
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { World } from "../world/world.ts";
import { CrashLoop } from "./crash-loop.ts";
import { EtcdRepair } from "./etcd-repair.ts";
import { LostMasters } from "./lost-masters.ts";
import { SilentEtcds } from "./silent-etcds.ts";

const master = (name: string, last: number) => ({ name, type: "master", node_ip: `10.0.0.${last}` });
const [m1, m2, m3] = [master("m1", 1), master("m2", 2), master("m3", 3)];
const resources = "cpus:8;mem:32768;disk:20000;ports:[31000-35000]";
/** Of five seconds each. */
const mostLooks = 700;

class Scene {
  readonly world: World;
  readonly loop: CrashLoop;

  constructor(seed: number) {
    const agents = ["a", "b", "c", "d", "e"].map((hostname) => ({ hostname, resources }));
    this.world = new World({ seed, agents, watchEtcd: true });
    this.loop = new CrashLoop(this.world, { again: false });
  }

  get etcd(): string {
    return this.world.etcd.of("small").list;
  }

  get changes(): number | undefined {
    return this.world.leader?.service.state("small").plan.changes.length;
  }

  get isRunning(): boolean {
    return this.world.leader?.service.list()[0]?.status === "running";
  }

  async create(nodes: readonly object[]): Promise<void> {
    await this.world.start();
    await this.loop.insist(
      "create",
      ({ service }) => service.create(smallBody({ nodes })),
      () => this.world.store.values.has("workloads/small"),
    );
    await this.loop.until(() => this.isRunning && this.changes === 0, "it runs");
  }

  /** The host of the master is destroyed, and its agent is marked gone. */
  async destroyHostOf(node: string): Promise<void> {
    const { world, loop } = this;
    const host = world.checker.live().find(({ key }) => key === `small/${node}/etcd`)?.agent.hostname ?? "";
    expect(world.mesos.removeAgent(host)).toBe(true);
    world.powerOff(host);
    world.hosts.delete(host);
    const record = () => JSON.stringify(world.store.values.get(`units/small/${node}`));
    await loop.until(() => record().includes("dataLost"), "its data is lost");
  }

  /** What operators do until three masters are members, and nothing goes on. Returns the journal. */
  async mended(): Promise<string> {
    const { world } = this;
    const silent = new SilentEtcds(world);
    const [lost, repair] = [new LostMasters(world, silent), new EtcdRepair(world, silent)];
    for (let look = 0; look < mostLooks; look += 1) {
      await lost.look();
      const problems = await repair.look();
      if (problems.length === 0 && this.isRunning && this.changes === 0) break;
      await world.pass(5_000);
    }
    expect(this.etcd.split(" ").toSorted()).toEqual(["small-m1", "small-m2", "small-m3"]);
    const journal = world.journal.lines.join("\n");
    expect(journal).not.toContain("is given up: its etcd");
    return journal;
  }
}

test.each([1, 2, 3])("a learner is lost: the joins are given up, and it costs no cluster, seed %i", async (seed) => {
  const scene = new Scene(seed);
  await scene.create([m1]);
  await scene.loop.insist(
    "add masters",
    ({ nodes }) => nodes.add("small", [m2, m3], ""),
    () => scene.world.store.values.has("units/small/m3"),
  );
  await scene.loop.until(() => scene.etcd === "small-m1 small-m2~", "m2 is a learner");
  await scene.destroyHostOf("m2");
  const journal = await scene.mended();
  for (const node of ["m2", "m3"]) expect(journal).toContain(`small/m2 is lost: nobody waits for node "${node}`);
});

test.each([1, 2, 3])(
  "a member is lost while others are to go: they stay, and it is replaced, seed %i",
  async (seed) => {
    const scene = new Scene(seed);
    const { world, loop } = scene;
    await scene.create([m1, m2, m3]);
    await world.ask("pause", ({ service }) => service.changePlan("small", "pause", {}, ""));
    for (const node of ["m2", "m3"]) world.checker.removalAsked("small", node);
    const gentle = { force: false, drainSeconds: 600 };
    await loop.insist(
      "remove masters",
      ({ nodes }) => nodes.remove("small", ["m2", "m3"], gentle, ""),
      () => scene.changes === 1,
    );
    await scene.destroyHostOf("m1");
    await world.ask("resume", ({ service }) => service.changePlan("small", "resume", {}, ""));
    const journal = await scene.mended();
    for (const node of ["m2", "m3"]) expect(journal).toContain(`small/m1 is lost: node "${node}" stays`);
  },
);
