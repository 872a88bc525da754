import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { anyImages } from "../configuration/version-images.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { clusterPeers } from "./cluster-peers.ts";

const node = (name: string, type: string, number: number) => ({ name, type, node_ip: `10.0.0.${number}` });
const specOf = (...kubenodes: readonly ReturnType<typeof node>[]): ClusterSpec =>
  readCluster(exampleBody({ kubenodes, ingresses: [] }), {
    configurations: new Map([["1.36", sampleConfiguration()]]),
    existing: [],
    claimedPorts: [],
    loadBalancer: false,
    roles: ["*"],
    images: anyImages,
  }).spec;
const [master, b, a, console] = [
  node("m", "master", 1),
  node("b", "node", 3),
  node("a", "node", 2),
  node("c", "console", 4),
];
const spec = specOf(master, b, a, console);
const blocks: Readonly<Record<string, string>> = { a: "10.244.1.0/24", b: "10.244.0.0/24" };

const ranges = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };

test("names, addresses and pod blocks of all nodes, by name", () => {
  expect(clusterPeers(spec, (name) => blocks[name], ranges)?.peers).toEqual([
    { name: "a", ip: "10.0.0.2", podCidr: "10.244.1.0/24", master: false },
    { name: "b", ip: "10.0.0.3", podCidr: "10.244.0.0/24", master: false },
    { name: "c", ip: "10.0.0.4", podCidr: "", master: false },
    { name: "m", ip: "10.0.0.1", podCidr: "", master: true },
  ]);
});

test("the version tells other peers apart, and the same ones in another order not", () => {
  const version = (of: ClusterSpec, cidrs = blocks) => clusterPeers(of, (name) => cidrs[name], ranges)?.version;
  const reordered = { ...spec, units: spec.units.toReversed() };
  expect(version(reordered)).toBe(version(spec));
  expect(version(spec)).toMatch(/^[0-9a-f]{16}$/);
  const without = { ...spec, units: spec.units.filter(({ name }) => name !== "c") };
  const others = [version(spec), version(without), version(spec, { ...blocks, a: "10.244.9.0/24" })];
  expect(new Set(others).size).toBe(3);
});

test("there are none while the block of a worker is not known", () => {
  expect(clusterPeers(spec, (name) => (name === "b" ? undefined : blocks[name]), ranges)).toBeUndefined();
});

test("nodes that speak BGP also get what their daemons must know; the version of all others is that of the peers alone", () => {
  const bgp = { asn: 64_600, routers: [{ address: "10.9.0.1", asn: 65_001, password: true as const }] };
  const routed = clusterPeers({ ...spec, bgp }, (name) => blocks[name], ranges);
  expect(routed?.bgp).toEqual({
    ...{ asn: 64_600, podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16" },
    routers: [{ address: "10.9.0.1", asn: 65_001, password: true }],
    ...{ announcements: [], pools: [], apiAddress: "" },
  });
  const plain = clusterPeers(spec, (name) => blocks[name], ranges);
  expect(plain?.bgp).toBeUndefined();
  const hash = createHash("sha256").update(JSON.stringify(plain?.peers)).digest("hex");
  expect(plain?.version).toBe(hash.slice(0, 16));
  expect(routed?.version).not.toBe(plain?.version);
});
