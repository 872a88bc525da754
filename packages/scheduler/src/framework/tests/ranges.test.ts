// Ranges of addresses of clusters, from the request to what runs: given once, kept over restarts, free again with the cluster.
import { expect, test } from "vitest";
import { parsePool } from "../../kubernetes/ranges/range-texts.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { leftByEarlierVersion } from "../testing/earlier-version.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const pools = { pods: parsePool("pods", "10.244.0.0/15"), services: parsePool("services", "10.96.0.0/12") };
const body = (name: string, number: number, more: Readonly<Record<string, unknown>> = {}) =>
  smallBody({
    name,
    nodes: [
      { name: "m", type: "master", node_ip: `10.0.${number}.1` },
      { name: "n", type: "node", node_ip: `10.0.${number}.2` },
    ],
    ...more,
  });
const started = async () => {
  const s = await new Scenario({ options: { pools } }).start();
  s.mesos.addAgent("a");
  return s;
};
const rangesOf = (s: Scenario, name: string) => {
  const { pod_cidr, service_cidr } = s.clusters.get(name);
  return [pod_cidr, service_cidr];
};
const blockOf = async (s: Scenario, name: string, node: string) =>
  JSON.stringify((await s.store.get(`renderings/${name}/${node}`))?.value).match(/"podCidr":"([^"]+)"/)?.[1];

test("clusters that are asked for at the same time get different ranges, and keep them", async () => {
  const s = await started();
  const results = await Promise.allSettled(["a", "b", "c"].map((name, index) => s.clusters.create(body(name, index))));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  const both = () => [rangesOf(s, "a"), rangesOf(s, "b")];
  const given = [
    ["10.244.0.0/16", "10.96.0.0/16"],
    ["10.245.0.0/16", "10.97.0.0/16"],
  ];
  expect(both()).toEqual(given);
  expect(await blockOf(s, "b", "n")).toBe("10.245.0.0/24");
  await s.restart();
  expect(both()).toEqual(given);
  // A node that comes later has a block of its own cluster's range.
  await s.nodes.add("b", { name: "n2", type: "node", node_ip: "10.0.1.3" }, "ann");
  expect(await blockOf(s, "b", "n2")).toBe("10.245.1.0/24");
});

test("a range is free again when its cluster is gone, and not before", async () => {
  const s = await started();
  await s.clusters.create(body("a", 0));
  await s.clusters.create(body("b", 1));
  await s.offer("a");
  await s.clusters.remove("a");
  await expect(s.clusters.create(body("c", 2))).rejects.toThrow(/no range of -k8s_pod_pool is free/);
  for (const task of s.tasksOf("a", "m")) s.mesos.update(task.info.task_id.value, "TASK_KILLED");
  for (const task of s.tasksOf("a", "n")) s.mesos.update(task.info.task_id.value, "TASK_KILLED");
  await settle();
  await s.seconds(5);
  expect(s.clusters.list().map(({ name }) => name)).toEqual(["b"]);
  await s.clusters.create(body("c", 2));
  expect(rangesOf(s, "c")).toEqual(["10.244.0.0/16", "10.96.0.0/16"]);
});

test("clusters of an earlier version keep today's ranges, and a pool gives them to nobody else", async () => {
  const s = await leftByEarlierVersion("store-4831b99.json");
  s.upgrade({ options: { pools } });
  await s.restart();
  const [first] = s.clusters.list();
  expect(rangesOf(s, first?.name ?? "")).toEqual(["10.244.0.0/16", "10.96.0.0/16"]);
  expect(s.clusters.json(first?.name ?? "")).not.toHaveProperty("pod_cidr");
  await s.clusters.create(body("new", 77));
  expect(rangesOf(s, "new")).toEqual(["10.245.0.0/16", "10.97.0.0/16"]);
});
