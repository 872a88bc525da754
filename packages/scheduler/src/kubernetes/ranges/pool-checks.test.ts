import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type ReadContext, readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { type CheckedPool, poolProblems } from "./pool-checks.ts";

const delivered = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const configurations = new Map([
  ["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(delivered, "utf8"))],
]);
type Body = Readonly<Record<string, unknown>>;
const routed = { name: "net", provider: "bgp" };
const body = (more: Body = {}): Body => ({ name: "my", network: routed, nodes: [node({})], ...more });
const within = (overrides: Partial<ReadContext> = {}) => context({ configurations, ...overrides });
const pool = (...parts: readonly string[]) => ({ loadbalancer_pool: parts });
const read = (more: Body, overrides: Partial<ReadContext> = {}) => readCluster(body(more), within(overrides)).spec;
const problems = (more: Body, existing: readonly ClusterSpec[] = []) => {
  const { status, problems: found } = failure(body(more), { configurations, existing });
  return [status, ...found.map(({ path, message }) => `${path}: ${message}`)];
};
/** Another cluster, in another network. */
const other = read({
  ...pool("10.99.2.0/24"),
  ...{ name: "other", network: { name: "elsewhere", provider: "bgp" }, pod_cidr: "10.50.0.0/16" },
  service_cidr: "10.51.0.0/16",
  routers: [{ address: "10.40.0.1", asn: 65_001 }],
  nodes: [node({ name: "om", node_ip: "10.40.0.9" })],
});

test.each<[unknown, readonly string[]]>([
  ["10.99.2.0/24", ["10.99.2.0/24"]],
  [
    ["10.99.2.10-10.99.2.50", "10.99.3.7"],
    ["10.99.2.10-10.99.2.50", "10.99.3.7"],
  ],
])("a pool %j is stored, shown, and posted again", (given, stored) => {
  const spec = read({ loadbalancer_pool: given });
  expect(spec.bgp).toEqual({ asn: 64_512, routers: [], pool: stored });
  expect(clusterJson(spec)).toMatchObject({ loadbalancer_pool: stored });
  expect(readCluster(clusterJson(spec), within()).spec).toEqual(spec);
});

test.each<[string, Body, number, RegExp]>([
  ["static routes", { ...pool("10.99.3.0/24"), network: "net" }, 400, /^loadbalancer_pool: needs BGP/],
  [
    "no range",
    pool("10.99.3.1/24"),
    400,
    /^loadbalancer_pool.*: must be a range of IPv4 addresses like 10\.99\.2\.0\/24/,
  ],
  ["nothing in it", { loadbalancer_pool: [] }, 400, /^loadbalancer_pool: must be a list of 1 to 16 ranges/],
  ["too much in all", pool("10.99.0.0/16", "10.100.0.0/24"), 400, /at most 65536 addresses in all/],
  [
    "itself",
    pool("10.99.3.0/24", "10.99.3.9"),
    422,
    /^loadbalancer_pool\[1\]: 10\.99\.3\.9 overlaps 10\.99\.3\.0\/24, which is/,
  ],
  ["its pods", pool("10.244.9.0/24"), 422, /^loadbalancer_pool\[0\]: .* the range of the cluster's pods/],
  ["its Services", pool("10.96.0.7"), 422, /the range of the cluster's services/],
  ["its nodes", pool("10.0.0.0/24"), 422, /overlaps 10\.0\.0\.1, the address of the cluster's node "m"/],
  [
    "its routers",
    { ...pool("10.99.3.0/24"), routers: [{ address: "10.99.3.1", asn: 65_001 }] },
    422,
    /overlaps 10\.99\.3\.1, the address of the cluster's router/,
  ],
])("a pool that meets %s is refused", (_what, more, status, words) => {
  const [given, ...found] = problems(more);
  expect([given, found.join("\n")]).toEqual([status, expect.stringMatching(words)]);
});

test.each<[string, Body, string]>([
  ["pool", pool("10.99.2.200-10.99.3.7"), 'overlaps 10.99.2.0/24, which routers are told of for cluster "other"'],
  ["pods", pool("10.50.3.0/24"), 'overlaps 10.50.0.0/16, the range of cluster "other"\'s pods'],
  ["node", pool("10.40.0.0/28"), 'overlaps 10.40.0.9, the address of cluster "other"\'s node "om"'],
  ["router", pool("10.40.0.1"), 'overlaps 10.40.0.1, the address of cluster "other"\'s router'],
])("a pool that meets the %s of a cluster in another network is refused with its name", (_what, more, words) => {
  expect(problems(more, [other])).toEqual([422, expect.stringContaining(words)]);
});

test("nor does a later cluster get ranges or nodes in the pool of another one", () => {
  expect(problems({ service_cidr: "10.99.0.0/16", pod_cidr: "10.60.0.0/16" }, [other])).toEqual([
    422,
    'service_cidr: 10.99.0.0/16 overlaps 10.99.2.0/24, which routers are told of for cluster "other"',
  ]);
  expect(problems({ nodes: [node({ node_ip: "10.99.2.5" })] }, [other])).toEqual([
    422,
    'nodes[0].node_ip: 10.99.2.5 is an address that routers are told of for cluster "other" (loadbalancer_pool, apiserver.address, uplink)',
  ]);
});

test("a node that comes later gets no address of its own cluster's pool", () => {
  const spec = read(pool("10.99.3.0/24"));
  const add = (ip: string) =>
    readAddedNodes([node({ name: "w", type: "node", node_ip: ip })], spec, within({ existing: [spec] }));
  expect(add("10.0.0.2").nodes).toHaveLength(1);
  expect(() => add("10.99.3.2")).toThrow('10.99.3.2 is an address that routers are told of for cluster "my"');
});

const api = (more: Body = {}) => ({ apiserver: { expose: ["bgp", "scheduler"], ...more } });

test.each<[string, Body, string]>([
  ["the first of the pool", { ...pool("10.99.3.0/24"), ...api() }, "10.99.3.1"],
  ["one of the pool", { ...pool("10.99.3.0/24"), ...api({ address: "10.99.3.9" }) }, "10.99.3.9"],
  ["one beside a pool", { ...pool("10.99.3.0/24"), ...api({ address: "10.99.4.9" }) }, "10.99.4.9"],
  ["one without a pool", api({ address: "10.99.4.9" }), "10.99.4.9"],
])("the API server gets %s as its own", (_what, more, address) => {
  const spec = read(more);
  expect(spec.apiserver).toEqual({ expose: ["bgp", "scheduler"], address });
  expect(clusterJson(spec).apiserver).toEqual({ expose: ["bgp", "scheduler"], address });
  expect(readCluster(clusterJson(spec), within()).spec).toEqual(spec);
});

test.each<[string, Body, number, RegExp]>([
  ["BGP", { ...api({ address: "10.99.3.1" }), network: "net" }, 400, /^apiserver\.expose\[0\]: "bgp" needs BGP/],
  ["an address", api(), 400, /^apiserver\.address: is missing/],
  ["a reason for one", { apiserver: { address: "10.99.3.1" } }, 400, /^apiserver\.address: is not announced/],
  [
    "a free one",
    api({ address: "10.0.0.1" }),
    422,
    /^apiserver\.address: 10\.0\.0\.1 overlaps 10\.0\.0\.1, the address of the cluster's node/,
  ],
  [
    "one of its own",
    api({ address: "10.99.2.7" }),
    422,
    /^apiserver\.address: 10\.99\.2\.7 overlaps 10\.99\.2\.0\/24, .* cluster "other"/,
  ],
])("an API server that is to be announced without %s is refused", (_what, more, status, words) => {
  const [given, ...found] = problems(more, [other]);
  expect([given, found.join("\n")]).toEqual([status, expect.stringMatching(words)]);
});

test("nobody else gets the address of an API server", () => {
  const first = { ...read(api({ address: "10.99.8.1" })), name: "first" };
  const refused = problems({ ...pool("10.99.8.0/24"), network: { name: "third", provider: "bgp" } }, [first]);
  expect(refused).toContain(
    'loadbalancer_pool[0]: 10.99.8.0/24 overlaps 10.99.8.1, which routers are told of for cluster "first"',
  );
});

test("a pool in a subnet of the cluster's network is refused where that is known", () => {
  const ranges = [{ subnet: "10.99.3.0/24", gateway: "10.99.3.1" }];
  const networks = [{ name: "net", driver: "bridge", scope: "local", ranges }];
  const host = { hostname: "h", atMs: 0, images: [], networks };
  const known = { hosts: [host], complete: true, now: 0 };
  const images = { ...context().images, imagePath: "registry.example", known };
  const refused = failure(body({ ...pool("10.99.3.64/26"), nodes: [node({ node_ip: "10.99.3.5", host: "*" })] }), {
    ...{ configurations, images },
  });
  expect(refused.ofHosts).toBe(true);
  expect(refused.problems.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("10.99.3.64/26 overlaps 10.99.3.0/24, a subnet of the cluster's network"),
  );
});

test("other clusters are looked at only for an address that is asked for: a thousand of them cost a new one nothing", () => {
  let looks = 0;
  const checked = (asked: Partial<CheckedPool>): CheckedPool => ({
    ...{ name: "my", pool: [], routers: [], uplinkRouters: [], nodes: [], subnets: [], api: undefined },
    ...{ ranges: { pods: "10.244.0.0/16", services: "10.96.0.0/16" }, uplink: undefined },
    get others() {
      looks += 1;
      return [];
    },
    ...asked,
  });
  expect([...poolProblems(checked({}))]).toEqual([]);
  expect(looks).toBe(0);
  expect([...poolProblems(checked({ pool: ["10.99.2.0/24"] }))]).toEqual([]);
  expect(looks).toBeGreaterThan(0);
});
