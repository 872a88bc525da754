// Ranges in bodies: what is refused, with which words, and what comes back.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import { smallBody } from "../testing/user-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { parsePool } from "./range-texts.ts";

const pods = parsePool("pods", "10.244.0.0/15");
const services = parsePool("services", "10.96.0.0/15");
const pools = { pods, services };
const other = (overrides: Partial<ClusterSpec> = {}): ClusterSpec => ({
  ...readCluster(smallBody({ name: "other", nodes: [node({ name: "o", node_ip: "10.0.0.9" })] }), context()).spec,
  ...overrides,
});
const delivered = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
/** With a BIRD. */
const routed = new Map([["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(delivered, "utf8"))]]);
const problemsOf = (body: Readonly<Record<string, unknown>>, overrides: Parameters<typeof context>[0] = {}) => {
  const { problems, status } = failure(smallBody(body), overrides);
  return [status, ...problems.map(({ path, message }) => `${path}: ${message}`)];
};

test.each<[Readonly<Record<string, unknown>>, string]>([
  [
    { pod_cidr: "10.244.0.1/16" },
    "pod_cidr: must be an IPv4 range like 10.244.0.0/16, from /8 to /24, whose host bits are zero",
  ],
  [{ pod_cidr: "10.244.0.0/25" }, "pod_cidr: must be an IPv4 range like 10.244.0.0/16, from /8 to /24"],
  [{ pod_cidr: "10.244.0.0" }, "pod_cidr: must be an IPv4 range"],
  [{ pod_cidr: "fd00::/64" }, "pod_cidr: must be an IPv4 range"],
  [{ pod_cidr: 5 }, "pod_cidr: must be"],
  [
    { pod_cidr: "127.0.0.0/16" },
    "pod_cidr: must be an IPv4 range like 10.244.0.0/16, from /8 to /24, whose host bits are zero: 127.0.0.0/8 (loopback)",
  ],
  [{ service_cidr: "10.0.0.0/11" }, "service_cidr: must be an IPv4 range like 10.96.0.0/16, from /12 to /28"],
  [{ service_cidr: "10.0.0.0/29" }, "service_cidr: must be an IPv4 range"],
])("%o is no range", (body, words) => {
  const [status, problem] = problemsOf(body);
  expect([status, String(problem)]).toEqual([400, expect.stringContaining(words)]);
});

test.each<[string, Readonly<Record<string, unknown>>, Parameters<typeof context>[0], ...string[]]>([
  [
    "another cluster's pods",
    { pod_cidr: "10.9.0.0/16" },
    { existing: [other({ podCidr: "10.9.128.0/20" })] },
    'pod_cidr: 10.9.0.0/16 overlaps 10.9.128.0/20, the pods of cluster "other" in the same network "net"',
  ],
  [
    "another cluster's services",
    { pod_cidr: "10.9.0.0/16" },
    { existing: [other({ serviceCidr: "10.8.0.0/15" })] },
    'pod_cidr: 10.9.0.0/16 overlaps 10.8.0.0/15, the services of cluster "other" in the same network "net"',
  ],
  [
    "what a cluster of an earlier version has",
    { service_cidr: "10.96.0.0/16", pod_cidr: "10.9.0.0/16" },
    { existing: [other()] },
    'service_cidr: 10.96.0.0/16 overlaps 10.96.0.0/16, the services of cluster "other" in the same network "net"',
  ],
  [
    "a range of cke.conf that a cluster with the same router has, too",
    { network: { name: "elsewhere", provider: "bgp" }, routers: [{ address: "10.0.0.200", asn: 1 }] },
    {
      existing: [other({ bgp: { asn: 64_512, routers: [{ address: "10.0.0.200", asn: 1 }] } })],
      configurations: routed,
    },
    'pod_cidr: 10.244.0.0/16 of cke.conf overlaps 10.244.0.0/16, the pods of cluster "other" behind the same router 10.0.0.200: name another range here, or another router',
    'service_cidr: 10.96.0.0/16 of cke.conf overlaps 10.96.0.0/12, the services of cluster "other" behind the same router 10.0.0.200: name another range here, or another router',
  ],
  [
    "a range of a cluster in another network with the same router",
    {
      network: "elsewhere",
      routers: [{ address: "10.0.0.200", asn: 1 }],
      pod_cidr: "10.9.0.0/16",
      service_cidr: "10.8.0.0/16",
    },
    {
      existing: [
        other({ podCidr: "10.9.128.0/20", bgp: { asn: 64_512, routers: [{ address: "10.0.0.200", asn: 1 }] } }),
      ],
      configurations: routed,
    },
    'pod_cidr: 10.9.0.0/16 overlaps 10.9.128.0/20, the pods of cluster "other" behind the same router 10.0.0.200',
  ],
  [
    "a range of cke.conf that another cluster has for itself",
    {},
    { existing: [other({ podCidr: "10.96.0.0/12", serviceCidr: "10.244.7.0/24" })] },
    'pod_cidr: 10.244.0.0/16 of cke.conf overlaps 10.244.7.0/24, the services of cluster "other" in the same network "net": name another range here, or another network',
    'service_cidr: 10.96.0.0/16 of cke.conf overlaps 10.96.0.0/12, the pods of cluster "other" in the same network "net": name another range here, or another network',
  ],
  [
    "services of cke.conf that another cluster has for itself, where only pods have a pool",
    {},
    { pools: { pods }, existing: [other({ podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" })] },
    'service_cidr: 10.96.0.0/16 of cke.conf overlaps 10.96.0.0/16, the services of cluster "other" in the same network "net": name another range here, or another network',
  ],
  [
    "another cluster's node",
    { pod_cidr: "10.0.0.0/24", nodes: [node({ node_ip: "10.1.0.1" })] },
    { existing: [other()] },
    'pod_cidr: 10.0.0.0/24 has 10.0.0.9, the address of node "o" of cluster "other" in the same network "net"',
  ],
  [
    "a node in another cluster's range",
    { pod_cidr: "10.8.0.0/16", service_cidr: "10.7.0.0/16", nodes: [node({ node_ip: "10.9.1.1" })] },
    { existing: [other({ serviceCidr: "10.9.0.0/16" }), other({ network: "far", podCidr: "10.9.0.0/16" })] },
    'nodes[0].node_ip: 10.9.1.1 is in 10.9.0.0/16, the services of cluster "other" in the same network "net"',
  ],
  [
    "its own services",
    { pod_cidr: "10.96.0.0/12" },
    {},
    "pod_cidr: the ranges of pods (10.96.0.0/12) and services (10.96.0.0/16) overlap",
  ],
  [
    "its own nodes",
    { pod_cidr: "10.0.0.0/16" },
    {},
    "nodes[0].node_ip: 10.0.0.1 is in 10.0.0.0/16, the range of the cluster's pods",
  ],
  [
    "a configuration that fixes it",
    { pod_cidr: "10.9.0.0/16" },
    { configurations: new Map([["1.36", { ...sampleConfiguration(), variables: { DATA_DIR: "/d" } }]]) },
    "pod_cidr: cke.conf-1.36.yaml has no variable CLUSTER_CIDR, so that its ranges are fixed: use $CLUSTER_CIDR there",
  ],
  [
    "a configuration whose range has host bits",
    { nodes: [node({}), node({ name: "w", type: "node", node_ip: "10.0.0.2" })] },
    { configurations: new Map([["1.36", { ...sampleConfiguration(), variables: { CLUSTER_CIDR: "10.244.3.0/16" } }]]) },
    'pod_cidr: CLUSTER_CIDR of cke.conf-1.36.yaml is "10.244.3.0/16", which is no IPv4 range like 10.244.0.0/16 whose host bits are zero: write 10.244.0.0/16 there, or name a pod_cidr in the body',
  ],
  [
    "a pool without a free range",
    {},
    { pools, existing: [other({ podCidr: "10.244.0.0/15", network: "elsewhere" })] },
    'pod_cidr: no range of -k8s_pod_pool is free: name one here that overlaps none of a cluster in network "net", or start the scheduler with a larger pool',
  ],
  [
    "a pool without a range for so many workers",
    { nodes: [node({}), ...[2, 3].map((n) => node({ name: `w${n}`, type: "node", node_ip: `10.0.0.${n}` }))] },
    { pools: { pods: parsePool("pods", "10.9.0.0/20:24"), services } },
    'pod_cidr: no range of -k8s_pod_pool is free that has a /24 for each of 2 workers: name one here that overlaps none of a cluster in network "net", or start the scheduler with a larger pool',
  ],
  [
    "more workers than blocks",
    {
      pod_cidr: "10.9.0.0/24",
      nodes: [node({}), ...[2, 3].map((n) => node({ name: `w${n}`, type: "node", node_ip: `10.0.0.${n}` }))],
    },
    {},
    "nodes: too many nodes: 10.9.0.0/24 has no /24 block number 1: it holds 1",
  ],
])("refused: %s", (_what, body, overrides, ...problems) => {
  expect(problemsOf(body, overrides)).toEqual([422, ...problems]);
});

test("a subnet of the cluster's network is refused, and avoided by the pool", () => {
  const ranges = [{ subnet: "10.244.7.0/24", gateway: "10.244.7.1" }];
  const host = {
    ...{ hostname: "h", atMs: 0, images: [] },
    networks: [{ name: "net", driver: "bridge", scope: "local", ranges }],
  };
  const known = { hosts: [host], complete: true, now: 0 };
  const images = { ...context().images, imagePath: "registry.example", known };
  const nodes = [node({ node_ip: "10.244.7.5", host: "*" })];
  expect(problemsOf({ pod_cidr: "10.244.0.0/16", nodes }, { images })).toContain(
    'pod_cidr: 10.244.0.0/16 overlaps 10.244.7.0/24, a subnet of network "net"',
  );
  expect(readCluster(smallBody({ nodes }), context({ images, pools })).spec.podCidr).toBe("10.245.0.0/16");
});

test("a pool avoids the nodes of other clusters in the network, and of no others", () => {
  const nodes = (ip: string) => other({ units: other().units.map((unit) => ({ ...unit, ip })) });
  const free = { pods: parsePool("pods", "10.16.0.0/14") };
  const given = (existing: ClusterSpec) =>
    readCluster(smallBody(), context({ pools: free, existing: [existing] })).spec.podCidr;
  expect(given(nodes("10.16.9.9"))).toBe("10.17.0.0/16");
  expect(given({ ...nodes("10.16.9.9"), network: "elsewhere" })).toBe("10.16.0.0/16");
});

test("clusters in different networks may name the same ranges; and those that name none share the configuration's", () => {
  const named = { pod_cidr: "10.244.0.0/16", service_cidr: "10.96.0.0/16" };
  const existing = [other({ network: "elsewhere", podCidr: "10.244.0.0/16" })];
  const { spec } = readCluster(smallBody(named), context({ existing }));
  expect([spec.podCidr, spec.serviceCidr]).toEqual(["10.244.0.0/16", "10.96.0.0/16"]);
  const plain = readCluster(smallBody(), context({ existing: [other()] })).spec;
  expect([plain.podCidr, plain.serviceCidr]).toEqual([undefined, undefined]);
});

test("what a body or a pool has given comes back in the JSON, and posting it gives an equal specification", () => {
  const { spec } = readCluster(smallBody({ pod_cidr: "10.9.0.0/20" }), context({ pools, existing: [other()] }));
  expect(clusterJson(spec)).toMatchObject({ pod_cidr: "10.9.0.0/20", service_cidr: "10.97.0.0/16" });
  expect(readCluster(clusterJson(spec), context()).spec).toEqual(spec);
});

test("a node that comes later gets no address of its cluster's ranges, and a block of its own range", () => {
  const { spec } = readCluster(smallBody({ pod_cidr: "10.9.0.0/23" }), context());
  const add = (...ips: readonly string[]) =>
    readAddedNodes(
      ips.map((ip, index) => ({ name: `w${index}`, type: "node", node_ip: ip })),
      spec,
      context({ existing: [spec, other({ podCidr: "10.9.0.0/16" })] }),
    );
  expect(add("10.0.0.2", "10.0.0.3").nodes.map(({ podIndex }) => podIndex)).toEqual([0, 1]);
  expect(() => add("10.9.1.7")).toThrow(/10\.9\.1\.7 is in 10\.9\.0\.0\/23, the range of the cluster's pods/);
  expect(() => add("10.0.0.2", "10.0.0.3", "10.0.0.4")).toThrow(/too many nodes: 10\.9\.0\.0\/23/);
});
