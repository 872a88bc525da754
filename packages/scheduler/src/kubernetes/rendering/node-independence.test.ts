// When a node is added or removed, no other node's container is replaced, and no process of a worker restarts.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { specHash } from "@cke/k8s-executor";
import { KubeNodeTask } from "@cke/protocol";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { anyImages } from "../configuration/version-images.ts";
import { clusterPeers } from "../peers/cluster-peers.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { type RenderedNode, renderNode } from "./node-renderer.ts";

const file = fileURLToPath(new URL("../../../../../default_cfg/cke.conf-1.36.yaml", import.meta.url));
const configuration = parseConfiguration("cke.conf-1.36.yaml", "1.36", readFileSync(file, "utf8"));
const node = (name: string, type: string, number: number) => ({ name, type, node_ip: `10.0.0.${number}` });
const three = [node("m0", "master", 1), node("m1", "master", 2), node("m2", "master", 3)];
const workers = [node("n0", "node", 10), node("n1", "node", 11)];
const console = node("c", "console", 20);

const specOf = (kubenodes: readonly unknown[]): ClusterSpec =>
  readCluster(exampleBody({ kubenodes, ingresses: [] }), {
    configurations: new Map([["1.36", configuration]]),
    existing: [],
    loadBalancer: false,
    roles: ["*"],
    images: anyImages,
  }).spec;

/** The cluster without some nodes. The others keep what they were given once, like their pod blocks. */
const without = (spec: ClusterSpec, ...names: readonly string[]): ClusterSpec => ({
  ...spec,
  units: spec.units.filter(({ name }) => !names.includes(name)),
});

function rendered(spec: ClusterSpec): ReadonlyMap<string, RenderedNode> {
  const options = {
    imagePath: "reg",
    registry: { domain: "reg.example", ip: "10.9.9.9" },
    registryCertificate: undefined,
    cfsQuota: true,
    lxcfsPath: undefined,
    dockerPath: undefined,
  };
  return new Map(spec.units.map((one) => [one.name, renderNode(spec, one, configuration, options)]));
}
const versionOf = (spec: ClusterSpec) => clusterPeers(spec, (name) => rendered(spec).get(name)?.podCidr)?.version;

const all = specOf([...three, ...workers, console]);

test.each([
  ["a worker", ["n1"]],
  ["the only other worker", ["n0"]],
  ["the console", ["c"]],
  ["all but the masters", ["n0", "n1", "c"]],
])("%s comes or goes: containers and processes of all others are the same, byte by byte", (_title, names) => {
  const some = without(all, ...names);
  const [larger, smaller] = [rendered(all), rendered(some)];
  expect([...smaller.keys()]).toEqual(some.units.map(({ name }) => name));
  for (const [name, before] of smaller) {
    const after = larger.get(name);
    expect(after === undefined ? "" : specHash(after.kubeNode)).toBe(specHash(before.kubeNode));
    expect(after).toEqual(before);
  }
  expect(versionOf(some)).not.toBe(versionOf(all));
});

test("a master comes or goes: no other container is replaced", () => {
  for (const names of [["m2"], ["m1", "m2"]]) {
    const [larger, smaller] = [rendered(all), rendered(without(all, ...names))];
    for (const [name, before] of smaller) {
      const after = larger.get(name);
      expect(after === undefined ? "" : specHash(after.kubeNode)).toBe(specHash(before.kubeNode));
    }
  }
});

test("no address and no name of another node is in a worker's container", () => {
  const worker = rendered(all).get("n0");
  const text = new TextDecoder().decode(KubeNodeTask.encode(worker?.kubeNode ?? {}));
  for (const { name, ip } of all.units)
    if (name !== "n0") expect(text).not.toMatch(new RegExp(`\\b${name}\\b|${ip}\\b`));
  expect(worker?.kubeNode.hosts).toEqual([{ name: "reg.example", ip: "10.9.9.9" }]);
  expect(worker?.podCidr).toBe("10.244.0.0/24");
});
