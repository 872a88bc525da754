import { expect, test } from "vitest";
import { nodeUse, podRequest, usedOf } from "./node-use.ts";

const container = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
const node = {
  metadata: { name: "n", labels: { "node-role.kubernetes.io/worker": "", other: "x" } },
  spec: {},
  status: {
    conditions: [{ type: "Ready", status: "True" }],
    allocatable: { cpu: "2", memory: "1Gi", pods: "110" },
    nodeInfo: { kubeletVersion: "v1.37.2" },
    addresses: [{ type: "InternalIP", address: "10.0.0.2" }],
  },
};
const pod = (nodeName: string, phase = "Running") => ({
  spec: { nodeName, containers: [container("250m", "64Mi"), container("250m", "64Mi")] },
  status: { phase },
});

test("a pod asks for its containers, or for its largest init container", () => {
  expect(podRequest(pod("n"))).toEqual({ cpu: 0.5, memory: 2 ** 27 });
  const spec = {
    containers: [container("100m", "1Mi")],
    initContainers: [container("1", "512Ki"), container("0.5", "2Mi")],
  };
  expect(podRequest({ spec })).toEqual({ cpu: 1, memory: 2 ** 21 });
});

test("pods that have ended, and those of other nodes, do not count", () => {
  expect(nodeUse(node, [pod("n"), pod("n", "Succeeded"), pod("other")])).toEqual({
    name: "n",
    status: "Ready",
    mood: "good",
    roles: "worker",
    version: "v1.37.2",
    address: "10.0.0.2",
    allocatable: { cpu: 2, memory: 2 ** 30 },
    requested: { cpu: 0.5, memory: 2 ** 27 },
    pods: { count: 1, most: 110 },
  });
});

test.each([
  [{ ...node, spec: { unschedulable: true } }, "Ready, cordoned", "waiting"],
  [{ ...node, status: {} }, "NotReady", "bad"],
])("a node that is not as it should be", (other, status, mood) => {
  expect(nodeUse(other, [])).toMatchObject({ status, mood });
});

test("what a kubelet says is used", () => {
  const summary = { node: { cpu: { usageNanoCores: 250_000_000 }, memory: { workingSetBytes: 1_000 } } };
  expect(usedOf(summary)).toEqual({ cpu: 0.25, memory: 1_000 });
  expect(usedOf({})).toBeUndefined();
});
