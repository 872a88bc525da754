// Secrets that are being made while their unit, or its workload, goes: nothing of them is left, and no other request waits for them.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { Scenario } from "../testing/scenario.ts";
import { gentle, names, node, running } from "../testing/scenarios/workers.ts";

/** Keys of nodes are stored when the test says so. */
function keysWait(s: Scenario) {
  const commit = s.store.commit.bind(s.store);
  const gate = Promise.withResolvers<void>();
  s.store.commit = async (operations, guard) => {
    if (operations.some(({ key, op }) => op === "put" && key.startsWith("pki/small/nodes/"))) await gate.promise;
    return commit(operations, guard);
  };
  return gate;
}
const ofKeys = async (s: Scenario) => (await s.keys()).filter((key) => key.startsWith("pki/small/"));

test("a node that goes while its keys are made goes when they are; other requests are answered meanwhile", async () => {
  const { s } = await running();
  const gate = keysWait(s);
  await s.nodes.add("small", node("v", 3), "");
  await s.nodes.remove("small", ["v"], gentle, "");
  await s.seconds(10);
  expect(names(s)).toContain("v");
  await s.clusters.create(smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.200" }] }));
  gate.resolve();
  await s.seconds(10);
  expect(names(s)).not.toContain("v");
  expect(await ofKeys(s)).not.toContain("pki/small/nodes/v");
});

test("so does a cluster", async () => {
  const { s } = await running();
  const gate = keysWait(s);
  await s.nodes.add("small", node("v", 3), "");
  await s.clusters.remove("small");
  await s.seconds(20);
  expect(s.clusters.list().map(({ name }) => name)).toEqual(["small"]);
  await s.clusters.create(smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.200" }] }));
  gate.resolve();
  await s.seconds(10);
  expect(s.clusters.list().map(({ name }) => name)).toEqual(["other"]);
  expect(await ofKeys(s)).toEqual([]);
});
