import { expect, test } from "vitest";
import { nearName } from "./similar-name.ts";

const cluster = [
  "cluster_name",
  "name",
  "cluster_type",
  "k8s_ver",
  "network",
  "kubenodes",
  "nodes",
  "ingresses",
  "pod",
];
const node = ["name", "type", "host", "node_ip", "gottyport", "process", "processes", "reservation", "pod", "expect"];
const res = ["cpu", "memory", "mem"];

test.each<readonly [string, readonly string[], string | undefined]>([
  ["reservaton", node, "reservation"],
  ["hosts", node, "host"],
  ["hsot", node, "host"],
  ["gottyPort", node, "gottyport"],
  ["ip", node, "node_ip"],
  ["nodeIp", node, "node_ip"],
  ["k8s_version", cluster, "k8s_ver"],
  ["kube_nodes", cluster, "kubenodes"],
  ["netwrok", cluster, "network"],
  ["ingress", cluster, "ingresses"],
  ["clusterName", cluster, "cluster_name"],
  ["cpus", res, "cpu"],
  ["memory_mb", res, "memory"],
  ["pod_cidr", cluster, undefined],
  ["colour", cluster, undefined],
  ["", cluster, undefined],
  ["__proto__", cluster, undefined],
  ["n".repeat(10_000), cluster, undefined],
])("%.20s", (given, known, near) => {
  expect(nearName(given, known)).toBe(near);
});
