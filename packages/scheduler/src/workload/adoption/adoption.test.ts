import { expect, test } from "vitest";
import { newUnitRecord, type UnitRecord } from "../records/records.ts";
import { type AgentSnapshot, adopt, type SnapshotExecutor, type SnapshotTask } from "./adoption.ts";

const now = 1_000_000;
const executorId = "cke.c.n.i7";
const executor = (labels: Readonly<Record<string, string>> = {}): SnapshotExecutor => ({
  executorId,
  agentId: "S-a",
  hostname: "a",
  role: "cke",
  labels: new Map(Object.entries({ "cke.cluster": "c", "cke.node": "n", "cke.instance": "a1", ...labels })),
  info: { executor_id: { value: executorId } },
});
const task = (part: string, process: string, state: SnapshotTask["state"] = "TASK_RUNNING"): SnapshotTask => ({
  taskId: `${executorId}.${part}`,
  executorId,
  state,
  labels: new Map([
    ["cke.process", process],
    ["cke.config-hash", `hash of ${part}`],
  ]),
});
const everything: AgentSnapshot = {
  executors: [executor()],
  tasks: [
    task("node", ""),
    task("etcd", "etcd", "TASK_FAILED"),
    task("etcd.2", "etcd"),
    task("load", "load", "TASK_FINISHED"),
  ],
};
const record: UnitRecord = newUnitRecord("c", "n", "a1");
const processes = ["etcd", "load", "docker"];
const launched = (): UnitRecord => {
  const adoption = adopt("kubernetes", record, processes, executorId, everything, now);
  if (adoption.kind === "refused") throw new Error(adoption.reason);
  return adoption.record;
};

test("B11: an adopted launch says what Mesos says, and what Mesos does not know is launched again", () => {
  const { launch, home } = launched();
  expect(home).toBe("a");
  expect(launch).toMatchObject({
    incarnation: "i7",
    executorId,
    agentId: "S-a",
    hostname: "a",
    role: "cke",
    configHash: "hash of node",
    executor: { executor_id: { value: executorId } },
  });
  expect(launch?.tasks.map(({ taskId, process, state, attempt }) => [taskId, process, state, attempt])).toEqual([
    [`${executorId}.node`, "", "TASK_RUNNING", 1],
    [`${executorId}.etcd.2`, "etcd", "TASK_RUNNING", 2],
    [`${executorId}.load`, "load", "TASK_FINISHED", 1],
    [`${executorId}.docker.1000`, "docker", "TASK_GONE", 1000],
  ]);
  expect(launch?.tasks.at(-1)?.retryAtMs).toBe(now);
  // Tasks that held resources may have been, and their ids are not used again.
  expect(launch?.forgottenAttempts).toBe(1_000);
});

test.each<readonly [string, UnitRecord, AgentSnapshot, string]>([
  ["the node has a launch", launched(), everything, "the unit has incarnation i7"],
  ["its executor is gone", record, { ...everything, executors: [] }, "does not know its executor"],
  ["another node", record, { ...everything, executors: [executor({ "cke.node": "m" })] }, "another unit"],
  [
    "another instance",
    record,
    { ...everything, executors: [executor({ "cke.instance": "before" })] },
    "another instance",
  ],
  ["a record of no known instance", { ...record, instance: "" }, everything, "another instance"],
  ["no task of its node", record, { ...everything, tasks: [task("etcd", "etcd")] }, "its unit has no task"],
  ["a clean-up", record, { ...everything, tasks: [task("node", "")] }, "it is a clean-up"],
])("B11: not adopted: %s", (_title, node, snapshot, reason) => {
  const adoption = adopt("kubernetes", node, processes, executorId, snapshot, now);
  expect(adoption).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
});
