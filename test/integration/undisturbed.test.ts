// The checks of the load test (test/soak): what they must report, and what they must accept.
import { expect, test } from "vitest";
import { disturbed, replaced, type Sight } from "../soak/undisturbed.ts";

const well: Sight = {
  nodes: [
    { name: "master", failures: 0, failure: null, processes: [{ name: "etcd", restarts: 0, failure: null }] },
    { name: "node0", failures: 0, failure: null, processes: [{ name: "kubelet", restarts: 0, failure: null }] },
  ],
};
const failure = { reason: "REASON_X", message: "it ended" };
const master = { name: "master", failures: 0, failure: null };
const node = { name: "node0", failures: 0, failure: null, processes: [] };
const healed = { name: "etcd", restarts: 1, failure: null };
const etcd = { name: "etcd", restarts: 1, failure };

test.each([
  ["all is well", undefined, well, [], []],
  [
    "a node",
    well,
    { nodes: [{ ...node, failure, failures: 2 }] },
    [],
    ["node0 has failed: REASON_X it ended", "node0 counts 2 more failures"],
  ],
  ["a killed node", well, { nodes: [{ ...node, failure, failures: 2 }] }, ["node0"], []],
  [
    "a node that was killed before",
    { nodes: [{ ...node, failures: 2 }] },
    { nodes: [{ ...node, failures: 2 }] },
    [],
    [],
  ],
  [
    "a process",
    well,
    { nodes: [{ ...master, processes: [etcd] }] },
    ["node0", "master/apiserver"],
    ["master/etcd has failed: REASON_X it ended", "master/etcd was started 1 times again"],
  ],
  ["a killed process", well, { nodes: [{ ...master, processes: [etcd] }] }, ["master/etcd"], []],
  [
    "a process of a node whose executor was killed",
    well,
    { nodes: [{ ...master, failures: 1, processes: [etcd] }] },
    ["master"],
    ["master/etcd was started 1 times again"],
  ],
  [
    "a process that was killed before",
    { nodes: [{ ...master, processes: [healed] }] },
    { nodes: [{ ...master, processes: [healed] }] },
    [],
    [],
  ],
] satisfies [string, Sight | undefined, Sight, string[], string[]][])("%s", (_what, before, after, killed, found) => {
  expect(disturbed(before, after, new Set(killed))).toEqual(found);
});

test("a container more than were killed is seen", () => {
  const seen = new Map([
    ["master", new Set(["a"])],
    ["node0", new Set(["b", "c"])],
  ]);
  expect(replaced(seen, new Map([["node0", 1]]))).toEqual([]);
  expect(replaced(seen, new Map())).toEqual(["node0 had 2 containers, of which 0 were killed"]);
});
