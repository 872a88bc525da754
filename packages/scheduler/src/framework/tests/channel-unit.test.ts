// Which nodes a channel can lead to, and what is said of the others.
import { SchedulerMessage } from "@cke/protocol";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

test("a node that runs: its executor, where it is, and the name that an operator knows", async () => {
  const s = await Scenario.running();
  const units = s.clusters.get("small").nodes.map(({ name }) => name);
  const unit = s.clusters.channelUnit("small", units[0] ?? "");
  expect(unit).toEqual({
    executorId: expect.stringMatching(/^cke\.small\./),
    agentId: "S-a",
    name: `node "${units[0]}" of cluster "small"`,
  });
});

test.each([
  ["none", "m", 404, "cluster_not_found"],
  ["small", "none", 404, "node_not_found"],
  ["small", "m", 409, "node_not_running"],
])("%s/%s is refused: %d", async (cluster, node, status, code) => {
  // There is no agent: nothing runs.
  const s = await new Scenario().start();
  await s.clusters.create(smallBody());
  await settle();
  expect(() => s.clusters.channelUnit(cluster, node)).toThrow(expect.objectContaining({ status, code }));
});

test("a message goes to the executor of the unit", async () => {
  const s = await Scenario.running();
  const unit = s.clusters.channelUnit("small", "m");
  const message = SchedulerMessage.encode({ message: { kind: "reportHost", value: {} } });
  s.clusters.sendMessage(unit, message);
  await settle();
  const sent = s.mesos.calls.flatMap((call) => (call.type === "MESSAGE" ? [call.message] : []));
  expect(sent.at(-1)).toEqual({
    agent_id: { value: unit.agentId },
    executor_id: { value: unit.executorId },
    data: Buffer.from(message).toString("base64"),
  });
});
