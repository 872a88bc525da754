// Two schedulers over one shared store and one Mesos, with real frameworks: what a change of the leader does to Mesos.
import { silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeMesos } from "../framework/testing/fake-mesos.ts";
import { ManualClock, settle } from "../framework/testing/manual-clock.ts";
import { testOptions } from "../framework/testing/scenario.ts";
import { smallBody } from "../kubernetes/testing/user-bodies.ts";
import { Leadership } from "../leadership/leadership.ts";
import { type ServiceAccess, serviceAccess } from "../leadership/service-access.ts";
import { StoreError } from "../store/store.ts";
import { SharedMemory } from "../store/testing/shared-memory.ts";
import { sampleVmOptions } from "../vm/testing/sample-vms.ts";
import { startLeaderWork } from "./leader-runtime.ts";

let clock: ManualClock;
let mesos: FakeMesos;
let memory: SharedMemory;
let all: Leadership[];
beforeEach(() => {
  clock = new ManualClock();
  mesos = new FakeMesos(() => clock.now());
  memory = new SharedMemory({ clock });
  all = [];
});
afterEach(async () => {
  await Promise.all(all.map((leadership) => leadership.stop()));
});

async function scheduler(id: string) {
  const leadership = new Leadership({
    election: memory.open().election,
    self: { id, url: `http://${id}:1` },
    lead: (term) =>
      startLeaderWork(term, {
        options: testOptions,
        vm: sampleVmOptions,
        connect: (hooks) => mesos.connect(hooks),
        execFiles: undefined,
        ownUrl: () => "http://127.0.0.1:1",
        clock,
        logger: silentLogger,
      }),
    clock,
    logger: silentLogger,
  });
  all.push(leadership);
  leadership.start();
  await settle();
  return { leadership, services: serviceAccess(() => leadership.standing()) };
}

/** A cluster whose tasks are launched and whose keys are made (which takes real time). */
async function launch(services: ServiceAccess): Promise<void> {
  await services.leading().create(smallBody());
  await expect.poll(() => memory.store.get("pki/small/authorities")).toBeDefined();
  mesos.offer();
  await settle();
}

const seconds = async (count: number) => {
  await clock.advance(count * 1_000);
  await settle();
};

test("B6, B8: after a change of the leader the new one is the same framework, the old one is silent, nothing is touched", async () => {
  const a = await scheduler("a");
  const b = await scheduler("b");
  mesos.addAgent("agent");
  await launch(a.services);
  expect(mesos.live().length).toBeGreaterThan(0);
  const tasks = mesos.live().map(({ info }) => info.task_id.value);

  // The storage has forgotten the leader, which does not know and believes in its lease to the end.
  memory.depose({ notice: false });
  await seconds(1);
  expect(b.leadership.standing().kind).toBe("leader");
  await expect(
    async () => await a.services.leading().create(smallBody({ name: "lost", network: "other" })),
  ).rejects.toMatchObject({
    code: "not_leader",
  });
  await seconds(memory.ttlMs / 1_000);
  expect([a.leadership.standing().kind, b.leadership.standing().kind]).toEqual(["follower", "leader"]);
  expect(mesos.subscriptions.map(({ framework_info }) => framework_info.id?.value)).toEqual([undefined, "F-1"]);
  expect(
    b.services
      .readable()
      .list()
      .map(({ name }) => name),
  ).toEqual(["small"]);
  await seconds(5);
  expect(mesos.live().map(({ info }) => info.task_id.value)).toEqual(tasks);
  expect(mesos.calls.filter(({ type }) => type === "ACCEPT")).toHaveLength(1);
  expect(mesos.calls.filter(({ type }) => type === "KILL")).toEqual([]);
  await expect(
    async () => await a.services.leading().create(smallBody({ name: "other", network: "other" })),
  ).rejects.toMatchObject({
    code: "not_leader",
    status: 503,
  });
});

test("the store is away for a minute: reads go on, writes are refused, the same framework goes on, nothing is touched", async () => {
  const a = await scheduler("a");
  mesos.addAgent("agent");
  await launch(a.services);
  const tasks = mesos.live().map(({ info }) => info.task_id.value);
  memory.setOutage(true);
  for (let second = 0; second < 60; second += 1) {
    await seconds(1);
    expect(a.services.readable().get("small").name).toBe("small");
    if (second % 10 === 0)
      await expect(async () => await a.services.leading().remove("small")).rejects.toMatchObject({ status: 503 });
  }
  expect(a.leadership.standing().kind).toBe("follower");
  memory.setOutage(false);
  await seconds(2);
  expect(a.leadership.standing().kind).toBe("leader");
  expect(mesos.subscriptions.map(({ framework_info }) => framework_info.id?.value)).toEqual([undefined, "F-1"]);
  expect(mesos.live().map(({ info }) => info.task_id.value)).toEqual(tasks);
  expect(mesos.calls.filter(({ type }) => type === "KILL")).toEqual([]);
});

test("B8: a machine whose clocks stood still with it asks the store before it subscribes, and does not take the framework away", async () => {
  const term = await memory.open().election.campaign({ id: "a", url: "http://a:1" }, new AbortController().signal);
  let said: "holds" | "lost" = "holds";
  const confirm = async () => {
    if (said === "lost") throw new StoreError("not_leader", "another scheduler leads");
  };
  const subscribing: (() => unknown)[] = [];
  const work = await startLeaderWork(
    { ...term, confirm },
    {
      options: testOptions,
      vm: sampleVmOptions,
      connect: (hooks) => {
        subscribing.push(hooks.subscribe);
        return mesos.connect(hooks);
      },
      execFiles: undefined,
      ownUrl: () => "http://127.0.0.1:1",
      clock,
      logger: silentLogger,
    },
  );
  const [subscribe] = subscribing;
  expect(await subscribe?.()).toMatchObject({ framework_info: { name: testOptions.name } });
  said = "lost";
  await expect(subscribe?.()).rejects.toMatchObject({ code: "not_leader" });
  await work.stop();
});
