// Routers that have an address which another cluster, or the cluster's own gateway, has.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { changedRouters } from "../service/router-change.ts";
import { context, failure, node } from "../testing/read-bodies.ts";

const file = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const configurations = new Map([
  ["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(file, "utf8"))],
]);
const asn = 65_001;
type Body = Readonly<Record<string, unknown>>;
const body = (name: string, third: number, uplink: Body = {}, more: Body = {}) => ({
  ...{ name, network: { name: `net${third}`, provider: "bgp" } },
  ...{ pod_cidr: `10.${100 + third}.0.0/16`, service_cidr: `10.${150 + third}.0.0/20` },
  uplink: { network: "outside", routers: [{ address: "10.9.0.1", asn }], ...uplink },
  nodes: [
    node({ name: "m", node_ip: `10.0.${third}.1` }),
    node({ name: "gw", type: "natgw", node_ip: `10.0.${third}.3`, uplink_ip: `10.9.0.${20 + third}` }),
  ],
  ...more,
});
const first = readCluster(
  body("a", 1, { floating_pool: "198.51.100.64/28", snat: "198.51.100.7" }),
  context({ configurations }),
).spec;
const second = (uplink: Body = {}, more: Body = {}) =>
  failure(body("b", 2, uplink, more), { configurations, existing: [first] }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );
const router = (address: string) => [{ address, asn }];
const announced = (address: string) =>
  `${address} is an address that routers are told of for cluster "a" (loadbalancer_pool, apiserver.address, uplink)`;

test.each<[string, readonly string[], readonly string[]]>([
  [
    "a floating address of another cluster",
    second({ routers: router("198.51.100.65") }),
    [`uplink.routers[0].address: ${announced("198.51.100.65")}`],
  ],
  [
    "another cluster's address outside",
    second({ routers: router("198.51.100.7") }),
    [`uplink.routers[0].address: ${announced("198.51.100.7")}`],
  ],
  [
    "another cluster's gateway",
    second({ routers: router("10.9.0.21") }),
    ['uplink.routers[0].address: 10.9.0.21 belongs to gateway "gw" of cluster "a"'],
  ],
  [
    "a floating address, beside the nodes",
    second({}, { routers: router("198.51.100.65") }),
    [`routers[0].address: ${announced("198.51.100.65")}`],
  ],
  [
    "its own gateway outside",
    second({}, { routers: router("10.9.0.22") }),
    ['routers[0].address: 10.9.0.22 belongs to gateway "gw"'],
  ],
])("no router is at %s", (_, problems, expected) => {
  expect(problems).toEqual(expected);
});

test("other routers of a cluster that runs are checked likewise, and a router may be that of others too", () => {
  const spec = readCluster(body("b", 2), context({ configurations, existing: [first] })).spec;
  const change = (address: string) => () =>
    changedRouters(spec, router(address), context({ configurations, existing: [first, spec] }));
  expect(change("198.51.100.65")).toThrow(announced("198.51.100.65"));
  expect(change("10.9.0.22")).toThrow('10.9.0.22 belongs to gateway "gw"');
  expect(change("10.0.2.254")().routers).toEqual(router("10.0.2.254"));
});

test("what is wrong with a cluster anyway is no reason to refuse it another router", () => {
  const spec = readCluster(body("b", 2), context({ configurations, existing: [first] })).spec;
  const { uplink } = spec;
  if (uplink === undefined) throw new Error("it has one");
  // As a scheduler that did not know the rule has taken it.
  const old = { ...spec, uplink: { ...uplink, routers: router("10.9.0.21") } };
  const changed = changedRouters(old, router("10.0.2.254"), context({ configurations, existing: [first, old] }));
  expect(changed.routers).toEqual(router("10.0.2.254"));
});
