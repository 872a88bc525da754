// Stored first, then said: intents before ACCEPT, updates before ACKNOWLEDGE, in batches, whenever the scheduler dies.
import { newUuid } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { isResourceTask } from "../../workload/records/resource-tasks.ts";
import { Death, DyingStore } from "../testing/dying-store.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

/** A scheduler that can be killed at a commit, and everything that it did in order. */
async function mortal() {
  const memory = new MemoryStore();
  const order: string[] = [];
  const death = { at: "" };
  const store = new DyingStore(memory, (when) => {
    if (when === "after") order.push("commit");
    if (death.at !== when) return;
    s.mesos.connection.disconnect();
    throw new Death("killed");
  });
  const s = new Scenario({ store });
  s.mesos.beforeCall = ({ type }) => {
    if (type === "ACCEPT" || type === "ACKNOWLEDGE") order.push(type);
  };
  await s.start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody());
  await settle();
  order.length = 0;
  return { s, memory, order, death };
}

/** All but the tasks that only hold resources. */
const tasksOf = (s: Scenario) => s.tasksOf("small", "m").filter((task) => !isResourceTask(task));
const updateAll = (s: Scenario) => {
  for (const { info, process } of tasksOf(s))
    s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true, data: s.healthyReport(process) });
};

test("B9: the intent is stored before ACCEPT", async () => {
  const { s, order } = await mortal();
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
  expect(order).toEqual(["commit", "ACCEPT"]);
});

test.each(["before", "after"] as const)(
  "B9: killed right %s the intent is stored, nothing is launched twice",
  async (when) => {
    const { s, memory, death, order } = await mortal();
    death.at = when;
    await s.offer();
    expect(order).not.toContain("ACCEPT");
    const [node] = await memory.list("units/");
    expect(JSON.stringify(node?.value).includes("TASK_INTENDED")).toBe(when === "after");
    death.at = "";
    s.mesos.offered.clear();
    await s.restart(memory);
    await s.seconds(2);
    await s.offer();
    expect(s.launched("small", "m")).toEqual(everything);
    expect(s.mesos.executors.size).toBe(1);
    expect(s.mesos.violations).toEqual([]);
  },
);

test("B9: updates that gather during a commit are the next one together, and acknowledged after it", async () => {
  const { s, order } = await mortal();
  await s.offer();
  order.length = 0;
  updateAll(s);
  await settle();
  const gathered = everything.slice(1).map(() => "ACKNOWLEDGE");
  expect(order.filter((what, index) => what === "commit" && index > 0)).toHaveLength(1);
  expect(order.filter((what) => what === "ACKNOWLEDGE")).toHaveLength(everything.length);
  expect(order.slice(-gathered.length)).toEqual(gathered);
  expect(s.clusters.get("small").status).toBe("running");
});

test.each(["before", "after"] as const)(
  "B9: killed right %s a batch is stored, none is acknowledged, and all come again",
  async (when) => {
    const { s, memory, order, death } = await mortal();
    await s.offer();
    order.length = 0;
    death.at = when;
    updateAll(s);
    await settle();
    expect(order).not.toContain("ACKNOWLEDGE");
    expect(tasksOf(s).every(({ unacknowledged }) => unacknowledged.length === 1)).toBe(true);
    death.at = "";
    await s.restart(memory);
    await s.seconds(1);
    expect(s.clusters.get("small").status).toBe("running");
    expect(s.tasksOf("small", "m").flatMap(({ unacknowledged }) => unacknowledged)).toEqual([]);
  },
);

test("B9: only updates with a uuid are acknowledged", async () => {
  const { s } = await mortal();
  await s.offer();
  updateAll(s);
  await settle();
  const before = s.callsOf("ACKNOWLEDGE").length;
  const task_id = { value: s.id("small", "m", "etcd") };
  const status = { task_id, state: "TASK_RUNNING", agent_id: { value: "S-a" }, source: "SOURCE_MASTER" } as const;
  s.mesos.send({ type: "UPDATE", update: { status } });
  await settle();
  expect(s.callsOf("ACKNOWLEDGE")).toHaveLength(before);
});

test("B5: the same update many times in one batch counts once, in any order, and the last word stays", async () => {
  const { s } = await mortal();
  await s.offer();
  updateAll(s);
  await settle();
  const etcd = s.task("small", "m", "etcd");
  const base = { task_id: etcd.info.task_id, agent_id: { value: "S-a" }, source: "SOURCE_EXECUTOR" } as const;
  const at = s.clock.now() / 1000 + 10;
  const failed = { ...base, state: "TASK_FAILED", uuid: newUuid(), timestamp: at + 2, message: "exit code 1" } as const;
  const sick = { ...base, state: "TASK_RUNNING", healthy: false, uuid: newUuid(), timestamp: at + 1 } as const;
  for (const status of [sick, failed, failed, sick, failed, sick]) s.mesos.send({ type: "UPDATE", update: { status } });
  await settle();
  const [state] = s.clusters.state("small").nodes[0]?.processes.filter(({ name }) => name === "etcd") ?? [];
  expect(state).toMatchObject({ task_state: "TASK_FAILED", reason: expect.stringContaining("exit code 1") });
  const stored = JSON.stringify((await s.store.get("units/small/m"))?.value);
  expect(stored.match(/"failures":1/g)).toHaveLength(1);
});
