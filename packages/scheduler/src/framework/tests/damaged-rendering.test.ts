// One cluster whose stored rendering is damaged holds up no other one.
import { expect, test } from "vitest";
import { renderingKey, storedRenderingSchema } from "../../kubernetes/rendering/stored-rendering.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { Scenario } from "../testing/scenario.ts";

test("a node whose changed processes cannot be read keeps no other cluster from its launch", async () => {
  const s = await Scenario.running();
  await s.processes.change({ cluster: "small", node: "m", process: "etcd" }, {}, "ann");
  const key = renderingKey("small", "m");
  const stored = storedRenderingSchema.parse((await s.store.get(key))?.value);
  await s.store.commit([{ op: "put", key, value: { ...stored, messages: "AAAA" } }]);
  await s.restart();
  await s.seconds(3);
  await s.clusters.create({
    ...smallBody({ nodes: [{ name: "m", type: "master", host: "b", node_ip: "10.0.0.9" }] }),
    name: "other",
  });
  s.mesos.addAgent("b");
  await s.seconds(3);
  await s.offer("b");
  expect(s.launched("other", "m").length).toBeGreaterThan(0);
});
