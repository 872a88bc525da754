// When a node is added or removed, no other node's container is replaced, and no process of a worker restarts.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { specHash } from "@cke/k8s-executor";
import { KubeNodeTask } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterSpec, MasterPlace, NodeSpec } from "../cluster/cluster-spec.ts";
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
    claimedPorts: [],
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
const ranges = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };
const versionOf = (spec: ClusterSpec) =>
  clusterPeers(spec, (name) => rendered(spec).get(name)?.podCidr, ranges)?.version;

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

describe("masters join a cluster of one", () => {
  const one = specOf([three[0], ...workers]);
  const founders = [{ name: "m0", ip: "10.0.0.1" }];
  const joined = (name: string, ip: string, joins: readonly MasterPlace[]): NodeSpec => {
    const [, like] = specOf(three).units;
    if (like === undefined) throw new Error("no master");
    return { ...like, name, ip, late: true, joins: [...joins] };
  };
  const grown: ClusterSpec = {
    ...one,
    founders,
    units: [
      ...one.units,
      joined("m1", "10.0.0.2", founders),
      joined("m2", "10.0.0.3", [...founders, { name: "m1", ip: "10.0.0.2" }]),
    ],
  };
  const commandOf = (spec: ClusterSpec, name: string, type: string) =>
    rendered(spec)
      .get(name)
      ?.processes.find((process) => process.type === type)?.spec;
  const flag = (spec: ClusterSpec, name: string, type: string, key: string) =>
    commandOf(spec, name, type)
      ?.command.find((argument) => argument.startsWith(`--${key}=`))
      ?.slice(key.length + 3);

  test("the first one's etcd and API server stay as they are, byte by byte", () => {
    for (const type of ["etcd", "apiserver"]) expect(commandOf(grown, "m0", type)).toEqual(commandOf(one, "m0", type));
    expect(flag(grown, "m0", "etcd", "initial-cluster-state")).toBe("new");
  });

  test("the others' etcd is started with those that were there, and founds nothing", () => {
    expect(flag(grown, "m1", "etcd", "initial-cluster-state")).toBe("existing");
    expect(flag(grown, "m1", "etcd", "initial-cluster")).toBe(
      "my-m0=https://10.0.0.1:2380,my-m1=https://10.0.0.2:2380",
    );
    expect(flag(grown, "m2", "etcd", "initial-cluster")).toBe(
      "my-m0=https://10.0.0.1:2380,my-m1=https://10.0.0.2:2380,my-m2=https://10.0.0.3:2380",
    );
    expect(flag(grown, "m2", "etcd", "initial-cluster-token")).toBe(flag(one, "m0", "etcd", "initial-cluster-token"));
  });

  test("their API servers use their own etcd, when it has a vote, and their controllers elect a leader", () => {
    expect(flag(grown, "m2", "apiserver", "etcd-servers")).toBe("https://10.0.0.3:2379");
    const gates = (name: string) => commandOf(grown, name, "apiserver")?.startWhen.map((probe) => probe.name);
    expect([gates("m0"), gates("m2")]).toEqual([[], ["etcd-vote"]]);
    expect(flag(grown, "m2", "controller", "leader-elect")).toBe("true");
    expect([flag(one, "m0", "controller", "leader-elect"), flag(grown, "m0", "controller", "leader-elect")]).toEqual([
      "false",
      "true",
    ]);
  });

  test("one that founded the cluster and was replaced joins as well; the other founders stay as they are", () => {
    const all = specOf(three);
    const founders = all.units.map(({ name, ip }) => ({ name, ip }));
    const replaced: ClusterSpec = {
      ...all,
      founders,
      units: all.units.map((unit) =>
        unit.name === "m1" ? { ...unit, late: true, joins: founders.filter(({ name }) => name !== "m1") } : unit,
      ),
    };
    for (const name of ["m0", "m2"]) expect(rendered(replaced).get(name)).toEqual(rendered(all).get(name));
    expect(flag(replaced, "m1", "etcd", "initial-cluster-state")).toBe("existing");
    expect(flag(replaced, "m1", "etcd", "initial-cluster")?.split(",")).toHaveLength(3);
  });
});
