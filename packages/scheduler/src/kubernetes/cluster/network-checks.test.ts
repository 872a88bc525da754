import { expect, test } from "vitest";
import { type HostFacts, knownFor } from "../../workload/agents/host-facts.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import type { NodeSpec } from "./cluster-spec.ts";
import { networkProblems } from "./network-checks.ts";

const now = 1_000_000;
const host = (hostname: string, networks: Readonly<Record<string, readonly [string, string][]>>): HostFacts => ({
  hostname,
  atMs: now - 12_000,
  networks: Object.entries(networks).map(([name, ranges]) => ({
    name,
    driver: "bridge",
    scope: "local",
    ranges: ranges.map(([subnet, gateway]) => ({ subnet, gateway })),
  })),
  images: [],
});
const a = host("a", { net: [["10.77.0.0/24", "10.77.0.1"]], bridge: [["172.17.0.0/16", ""]] });
const parts = (ip: string, more: Partial<NodeSpec> = {}, network = "net"): Parameters<typeof networkProblems>[0] => {
  const value: NodeSpec = {
    name: "m",
    type: "master",
    host: "*",
    ip,
    ingresses: [],
    attributes: [],
    reservation: false,
    stateful: true,
    pod: false,
    expect: "RUN",
    ...more,
  };
  const nodes: ClusterParts["nodes"] = [{ value, path: "kubenodes[0]", processes: undefined }];
  return { network, nodes, attributes: [] };
};
const problems = (of: ReturnType<typeof parts>, hosts: readonly HostFacts[], complete = false) =>
  [...networkProblems(of, { hosts, complete, now })].map(({ path, message }) => `${path}: ${message}`);

const there = "in network net of host a (seen 12 s ago); allowed there: 10.77.0.2 to 10.77.0.254";

test.each([
  ["10.77.0.2", ""],
  ["10.77.0.254", ""],
  ["10.77.1.2", "is not in 10.77.0.0/24"],
  ["10.77.0.1", "is the gateway"],
  ["10.77.0.0", "is the address of the subnet 10.77.0.0/24 itself"],
  ["10.77.0.255", "is the broadcast address of 10.77.0.0/24"],
])("%s: %s", (ip, why) => {
  expect(problems(parts(ip), [a])).toEqual(why === "" ? [] : [`kubenodes[0].node_ip: ${ip} ${why} ${there}`]);
});

test.each<readonly [string, ReturnType<typeof parts>, readonly HostFacts[]]>([
  ["nothing is known", parts("1.2.3.4"), []],
  ["the network is on no known host", parts("1.2.3.4", {}, "other"), [a]],
  ["one host has it with another subnet", parts("10.78.0.5"), [a, host("b", { net: [["10.78.0.0/16", ""]] })]],
  ["it is pinned to a host of which nothing is known", parts("1.2.3.4", { host: "c" }), [a]],
  ["its attributes may mean another host", parts("1.2.3.4", { attributes: [{ name: "rack", value: "r" }] }), [a]],
  ["the network has no subnet that can be read", parts("1.2.3.4"), [host("a", { net: [["fd00::/64", ""]] })]],
  ["both addresses of a /31 are addresses", parts("10.9.0.0"), [host("a", { net: [["10.9.0.0/31", ""]] })]],
])("not refused: %s", (_title, of, hosts) => {
  expect(problems(of, hosts)).toEqual([]);
});

test("a node that is pinned is judged by its host alone, in any case", () => {
  const other = host("b", { net: [["10.78.0.0/24", "10.78.0.9"]] });
  expect(problems(parts("10.77.0.5", { host: "B" }), [a, other])).toEqual([
    "kubenodes[0].node_ip: 10.77.0.5 is not in 10.78.0.0/24 in network net of host b (seen 12 s ago); allowed there: 10.78.0.1 to 10.78.0.254 but 10.78.0.9, its gateway",
  ]);
});

test("what is nowhere may be on a host that is named and not known", () => {
  const known = { hosts: [a], complete: true, now };
  expect(knownFor(known, ["*", "A"]).complete).toBe(true);
  expect(knownFor(known, ["*", "b"]).complete).toBe(false);
});

test("a network that is nowhere is refused only when every living agent was just looked at", () => {
  const of = parts("10.77.0.5", {}, "no-such");
  expect(problems(of, [a], false)).toEqual([]);
  expect(problems(of, [a], true)).toEqual([
    'network: there is no Docker network "no-such" on any agent: host a (seen 12 s ago). There are: net. Create it first (docker network create --subnet <subnet> no-such)',
  ]);
});
