import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";

const delivered = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const text = readFileSync(delivered, "utf8");
const configurations = new Map([["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", text)]]);
const router = { address: "10.9.0.1", asn: 65_001, password: "secret" };
const gateway = (at: number, more: Readonly<Record<string, unknown>> = {}) =>
  node({ name: `gw${at}`, type: "natgw", node_ip: `10.0.0.${20 + at}`, uplink_ip: `10.9.0.${20 + at}`, ...more });
const nodes = [node({}), node({ name: "w", type: "node", node_ip: "10.0.0.2" }), gateway(0), gateway(1)];
const uplink = { network: "outside", routers: [router], snat: "198.51.100.7" };
const body = (more: Readonly<Record<string, unknown>> = {}) => ({ name: "my", network: "net", uplink, nodes, ...more });
const specOf = (more: Readonly<Record<string, unknown>> = {}) =>
  readCluster(body(more), context({ configurations })).spec;
const problems = (more: Readonly<Record<string, unknown>>, existing = [] as ReturnType<typeof specOf>[]) => {
  const { status, problems: found } = failure(body(more), { configurations, existing });
  return [status, ...found.map(({ path, message }) => `${path}: ${message}`)];
};

test("a cluster with a way outside routes its pods over BGP, in both dialects, and its json gives the same cluster", () => {
  const spec = specOf();
  expect(spec.bgp).toEqual({ asn: 64_512, routers: [] });
  expect(spec.uplink).toEqual({ ...uplink, routers: [{ address: "10.9.0.1", asn: 65_001, password: true }] });
  expect(spec.units.map(({ uplinkIp }) => uplinkIp)).toEqual([undefined, undefined, "10.9.0.20", "10.9.0.21"]);
  const { nodes: kubenodes, name: cluster_name, ...rest } = body();
  expect(readCluster({ ...rest, cluster_name, kubenodes }, context({ configurations }))).toMatchObject({
    spec,
    passwords: { "10.9.0.1": "secret" },
  });
  const again = readCluster(clusterJson(spec), context({ configurations })).spec;
  expect(JSON.stringify(clusterJson(spec))).not.toContain("secret");
  expect(again).toEqual({ ...spec, uplink: { ...uplink, routers: [{ address: "10.9.0.1", asn: 65_001 }] } });
});

test.each<[string, Readonly<Record<string, unknown>>, readonly unknown[]]>([
  [
    "no uplink",
    { uplink: undefined, nodes: [...nodes.slice(0, 2), gateway(0)] },
    [
      422,
      'nodes[2].type: a natgw needs a way outside, which the cluster does not have: name it when the cluster is created ("uplink": {"network": …})',
    ],
  ],
  [
    "static routes",
    { network: { name: "net", provider: "static" } },
    [400, 'uplink: its gateways need the provider "bgp", and network.provider is "static"'],
  ],
  [
    "addresses that are missing, where none can be, and twice",
    {
      nodes: [
        ...[nodes[0], node({ name: "w", type: "node", node_ip: "10.0.0.2", uplink_ip: "10.9.0.30" })],
        ...[gateway(0, { uplink_ip: undefined }), gateway(1), gateway(2, { uplink_ip: "10.9.0.21" })],
        ...[gateway(3, { uplink_ip: "10.9.0.1" }), gateway(4, { uplink_ip: "198.51.100.7" })],
      ],
    },
    [
      400,
      "nodes[1].uplink_ip: is of gateways only, and this node is of type node",
      'nodes[2].uplink_ip: is missing: a natgw needs an address in network "outside" too',
      'nodes[4].uplink_ip: 10.9.0.21 in network "outside" belongs to node "gw1"',
      'nodes[5].uplink_ip: 10.9.0.1 in network "outside" belongs to a router (uplink.routers)',
      'nodes[6].uplink_ip: 198.51.100.7 in network "outside" belongs to the pods outside (uplink.snat)',
    ],
  ],
  [
    "the network of the nodes, and a router that is there too",
    { uplink: { ...uplink, network: "net" }, routers: [router] },
    [
      422,
      'uplink.network: "net" is the network of the nodes: the way outside is another one',
      "uplink.routers[0].address: 10.9.0.1 is in routers too: a router is either beside the nodes or outside of the gateways",
    ],
  ],
  [
    "an address outside that nobody is told of",
    { uplink: { network: "outside", snat: "198.51.100.7" } },
    [422, "uplink.snat: needs a router in uplink.routers: nobody else is told which gateway has the address"],
  ],
  [
    "a pool of floating addresses that others have, or nobody is told of",
    {
      uplink: { ...uplink, floating_pool: "10.9.0.0/28" },
      nodes: [...nodes.slice(0, 3), gateway(1, { uplink_ip: "10.9.0.5" })],
    },
    [
      422,
      "uplink.floating_pool: 10.9.0.0/28 has 10.9.0.1, which belongs to a router (uplink.routers)",
      "nodes[3].uplink_ip: 10.9.0.5 is in 10.9.0.0/28, the pool of floating addresses",
    ],
  ],
  [
    "a pool in which no machine has an address",
    { uplink: { ...uplink, floating_pool: "127.0.0.0/24" }, nodes: nodes.slice(0, 2) },
    [
      400,
      'uplink.floating_pool: must be an IPv4 range like 198.51.100.64/28, from /20 to /32, whose host bits are zero: 127.0.0.0/8 (loopback) has no addresses of machines; given is "127.0.0.0/24"',
    ],
  ],
  [
    "a pool in the cluster's own ranges, without a router",
    { uplink: { network: "outside", floating_pool: "10.244.8.0/24" } },
    [
      422,
      "uplink.floating_pool: needs a router in uplink.routers: nobody else is told which gateway has the address",
      "uplink.floating_pool: 10.244.8.0/24 overlaps 10.244.0.0/16, the range of the cluster's pods",
    ],
  ],
  [
    "addresses of the cluster's own ranges",
    {
      uplink: { ...uplink, snat: "10.244.3.4" },
      nodes: [...nodes.slice(0, 3), gateway(1, { uplink_ip: "10.96.0.9" })],
    },
    [
      422,
      "uplink.snat: 10.244.3.4 is in 10.244.0.0/16, the range of the cluster's pods",
      "nodes[3].uplink_ip: 10.96.0.9 is in 10.96.0.0/16, the range of the cluster's services",
    ],
  ],
])("it is refused with %s", (_, more, expected) => {
  expect(problems(more)).toEqual(expected);
});

test("addresses in the uplink's network that another cluster has are refused with its name", () => {
  const other = { ...specOf(), name: "other" };
  const mine = { network: "elsewhere", nodes: [nodes[0], nodes[1], gateway(0), gateway(5)] };
  expect(problems(mine, [other])).toEqual([
    422,
    'uplink.snat: 198.51.100.7 overlaps 198.51.100.7, which routers are told of for cluster "other"',
    'nodes[2].uplink_ip: 10.9.0.20 in network "outside" belongs to gateway "gw0" of cluster "other"',
  ]);
});

test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
  [
    "a pool with its address outside",
    { loadbalancer_pool: ["198.51.100.0/28"] },
    ["loadbalancer_pool[0]: 198.51.100.0/28 overlaps 198.51.100.7, the cluster's uplink.snat"],
  ],
  [
    "an API server at its address outside",
    { apiserver: { expose: ["bgp"], address: "198.51.100.7" } },
    ["apiserver.address: 198.51.100.7 overlaps 198.51.100.7, the cluster's uplink.snat"],
  ],
  [
    "a pool in its pool of floating addresses",
    { loadbalancer_pool: ["10.99.7.9"], uplink: { ...uplink, floating_pool: "10.99.7.0/24" } },
    ["loadbalancer_pool[0]: 10.99.7.9 overlaps 10.99.7.0/24, the cluster's uplink.floating_pool"],
  ],
  [
    "a pool with a gateway's address outside",
    { loadbalancer_pool: ["10.9.0.20"] },
    ['loadbalancer_pool[0]: 10.9.0.20 overlaps 10.9.0.20, the uplink_ip of the cluster\'s node "gw0"'],
  ],
  [
    "a pool with a router of the uplink",
    { loadbalancer_pool: ["10.9.0.0/28"] },
    ["loadbalancer_pool[0]: 10.9.0.0/28 overlaps 10.9.0.1, the address of the cluster's router (uplink.routers)"],
  ],
  [
    "the address of a node outside",
    { uplink: { ...uplink, snat: "10.0.0.2" } },
    ['uplink.snat: 10.0.0.2 overlaps 10.0.0.2, the address of the cluster\'s node "w"'],
  ],
])("a cluster is refused with %s", (_, more, expected) => {
  expect(problems(more)).toEqual([422, ...expected]);
});

/** It has nothing in common with the other one but what a test gives it. */
const later = {
  ...{ network: "elsewhere", uplink: { ...uplink, network: "beyond", snat: "203.0.113.9" } },
  nodes: [nodes[0], gateway(5)],
};
const otherFloating = { ...uplink, floating_pool: "198.51.100.64/28" };

test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
  [
    "a pool with its address outside",
    { loadbalancer_pool: ["198.51.100.0/28"] },
    ['loadbalancer_pool[0]: 198.51.100.0/28 overlaps 198.51.100.7, which routers are told of for cluster "other"'],
  ],
  [
    "a pool with the address of its gateway",
    { loadbalancer_pool: ["10.9.0.21"] },
    ['loadbalancer_pool[0]: 10.9.0.21 overlaps 10.9.0.21, the uplink_ip of cluster "other"\'s node "gw1"'],
  ],
  [
    "the same address outside by another uplink",
    { uplink: { ...uplink, network: "beyond" } },
    ['uplink.snat: 198.51.100.7 overlaps 198.51.100.7, which routers are told of for cluster "other"'],
  ],
  [
    "the same floating addresses by another uplink",
    { uplink: { ...later.uplink, floating_pool: "198.51.100.72/29" } },
    ['uplink.floating_pool: 198.51.100.72/29 overlaps 198.51.100.64/28, which routers are told of for cluster "other"'],
  ],
  [
    "nodes in its uplink's network that have what it has there",
    {
      ...{ network: { name: "outside", provider: "static" }, uplink: undefined },
      nodes: ["10.9.0.20", "198.51.100.7", "198.51.100.65", "10.9.0.1"].map((node_ip, at) =>
        node({ name: `n${at}`, type: at === 0 ? "master" : "node", node_ip }),
      ),
    },
    [
      'nodes[1].node_ip: 198.51.100.7 is an address that routers are told of for cluster "other" (loadbalancer_pool, apiserver.address, uplink)',
      'nodes[2].node_ip: 198.51.100.65 is an address that routers are told of for cluster "other" (loadbalancer_pool, apiserver.address, uplink)',
      'nodes[0].node_ip: 10.9.0.20 in network outside belongs to gateway "gw0" of cluster "other"',
      'nodes[3].node_ip: 10.9.0.1 in network outside belongs to a router of cluster "other" (uplink.routers)',
    ],
  ],
  [
    "gateways by another uplink with what it has outside",
    { nodes: [nodes[0], gateway(5, { uplink_ip: "198.51.100.7" }), gateway(6, { uplink_ip: "198.51.100.66" })] },
    [
      'nodes[1].uplink_ip: 198.51.100.7 is an address that routers are told of for cluster "other" (loadbalancer_pool, apiserver.address, uplink)',
      'nodes[2].uplink_ip: 198.51.100.66 is an address that routers are told of for cluster "other" (loadbalancer_pool, apiserver.address, uplink)',
    ],
  ],
])("a later cluster is refused with %s", (_, more, expected) => {
  const other = { ...specOf({ uplink: otherFloating }), name: "other" };
  expect(problems({ ...later, ...more }, [other])).toEqual([422, ...expected]);
});

test("an address outside is refused that another cluster's pool has", () => {
  const other = { ...specOf({ ...later, loadbalancer_pool: ["198.51.100.0/28"] }), name: "other" };
  expect(problems({}, [other])).toEqual([
    422,
    'uplink.snat: 198.51.100.7 overlaps 198.51.100.0/28, which routers are told of for cluster "other"',
  ]);
  // They may be neighbours otherwise.
  expect(
    readCluster(body({ uplink: { ...uplink, snat: "198.51.100.20" } }), context({ configurations, existing: [other] }))
      .spec.uplink?.snat,
  ).toBe("198.51.100.20");
});

test("a gateway comes to a cluster that has a way outside, and to no other one", () => {
  const spec = specOf();
  const add = (to: typeof spec) => readAddedNodes(gateway(2), to, context({ configurations, existing: [to] }));
  expect(add(spec).nodes).toMatchObject([{ type: "natgw", uplinkIp: "10.9.0.22" }]);
  const more = (uplink_ip: string) =>
    readAddedNodes(gateway(2, { uplink_ip }), spec, context({ configurations, existing: [spec] }));
  expect(() => more("198.51.100.7")).toThrow('198.51.100.7 is an address that routers are told of for cluster "my"');
  expect(() => more("10.9.0.1")).toThrow("belongs to a router (uplink.routers)");
  const { uplink: _, ...without } = specOf({ nodes: nodes.slice(0, 2) });
  expect(() => add(without)).toThrow("type: a natgw needs a way outside, which the cluster does not have");
});

test("a cke.conf without gateways says so", () => {
  const before = text.replace(/^ {2}natgw: \[.*\n/m, "").replace(/^ {2}natgw:\n[\s\S]*$/m, "");
  const old = new Map([["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", before)]]);
  expect(failure(body(), { configurations: old }).problems).toEqual([
    {
      path: "network.provider",
      message: expect.stringContaining('no process of type "bird" for nodes of type natgw, and no secret'),
    },
  ]);
});
