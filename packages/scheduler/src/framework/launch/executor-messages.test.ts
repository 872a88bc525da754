import { createSecretsRequest, ExecutorMessage, openSecrets, SchedulerMessage } from "@cke/protocol";
import { expect, test } from "vitest";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const say = async (s: Scenario, executorId: string, agentId: string, data: Uint8Array) => {
  const message = {
    executor_id: { value: executorId },
    agent_id: { value: agentId },
    data: Buffer.from(data).toString("base64"),
  };
  s.mesos.send({ type: "MESSAGE", message });
  await settle();
};
const ask = async (s: Scenario, executorId: string, agentId: string, names: readonly string[]) => {
  const pending = createSecretsRequest({ executorId, names });
  const data = ExecutorMessage.encode({ message: { kind: "secretsRequest", value: pending.request } });
  await say(s, executorId, agentId, data);
  const call = s.mesos.calls.findLast(
    (candidate): candidate is Extract<FrameworkCall, { type: "MESSAGE" }> => candidate.type === "MESSAGE",
  );
  if (call === undefined) return undefined;
  const answer = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64"))).message;
  if (answer?.kind !== "secretsResponse") throw new Error("another answer");
  return { call, open: () => openSecrets(pending, answer.value), error: answer.value.error };
};

test("the executor of a node gets its node's secrets, sealed for it alone", async () => {
  const s = await Scenario.launched();
  const { executorId, agentId } = s.task("small", "m");
  const answer = await ask(s, executorId, agentId, ["etcd.crt"]);
  expect(answer?.call.message).toMatchObject({ agent_id: { value: agentId }, executor_id: { value: executorId } });
  expect([...(answer?.open() ?? [])].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])).toEqual([
    ["etcd.crt", "etcd certificate of m"],
  ]);
});

test("secrets that the node's configuration does not list are refused", async () => {
  const s = await Scenario.launched();
  const { executorId, agentId } = s.task("small", "m");
  expect((await ask(s, executorId, agentId, ["sa.key"]))?.error).toMatch(/sa\.key/);
});

test.each([
  ["an executor that was never launched", "cke.small.m.other", undefined],
  ["the right executor on another agent", undefined, "S-b"],
  ["a name that is none of ours", "executor", undefined],
])("%s gets no answer", async (_title, executorId, agentId) => {
  const s = await Scenario.launched();
  const task = s.task("small", "m");
  expect(await ask(s, executorId ?? task.executorId, agentId ?? task.agentId, ["etcd.crt"])).toBeUndefined();
});

test("nothing that Mesos shows holds a secret, and a deleted cluster gets none", async () => {
  const s = await Scenario.launched();
  const { executorId, agentId } = s.task("small", "m");
  expect(JSON.stringify(s.mesos.calls)).not.toContain(Buffer.from("etcd certificate").toString("base64").slice(0, 16));
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  expect((await ask(s, executorId, agentId, ["etcd.crt"]))?.error).toContain("being deleted");
});

test("log lines of executors reach the cluster's log", async () => {
  const s = await Scenario.launched();
  const { executorId, agentId } = s.task("small", "m");
  const data = ExecutorMessage.encode({
    message: { kind: "log", value: { level: "warning", message: "disk is slow", process: "etcd" } },
  });
  await say(s, executorId, agentId, data);
  expect(keptEntries(s.clusters.log("small")).at(-1)).toEqual({
    type: "log",
    seq: expect.any(Number),
    level: "warning",
    node: "m",
    process: "etcd",
    time: new Date(s.clock.now()).toISOString(),
    log: "[WARNING] m: etcd: disk is slow",
  });
});
