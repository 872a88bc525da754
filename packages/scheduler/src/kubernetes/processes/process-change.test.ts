// What the change of one process makes of specification and rendering: nothing else changes, byte for byte.
import { CkeError } from "@cke/foundation";
import { ProcessSpec } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { outlineOf } from "../rendering/node-renderer.ts";
import { storeRendering, unpackRendering } from "../rendering/stored-rendering.ts";
import { sampleNode } from "../testing/sample-rendering.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import {
  asksForRestart,
  CannotRenderError,
  changedRendering,
  type ProcessChange,
  processListOf,
} from "./process-change.ts";
import { processMessage } from "./process-message.ts";

const kubenodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "n", type: "node", node_ip: "10.0.0.2" },
];
const before = sampleNode("n", exampleBody({ kubenodes, ingresses: [] }));
const fresh = () => {
  const processes = before.processes.map((process) => ({
    ...process,
    spec: { ...process.spec, environment: [...process.spec.environment, { name: "FRESH", value: "1" }] },
  }));
  return { ...before, processes };
};
const kubelet = (node: typeof before) => {
  const found = node.processes.find(({ name }) => name === "kubelet");
  if (found === undefined) throw new Error("no kubelet");
  return found;
};

test.each<[ProcessChange, boolean]>([
  [{}, true],
  [{ options: [] }, true],
  [{ cmd: "" }, true],
  [{ envs: [] }, true],
  [{ res: { cpu: 1, mem: 64 } }, false],
  [{ expect: "RUN" }, false],
  [{ res: { cpu: 1, mem: 64 }, options: ["-v"] }, true],
])("%o restarts: %s", (change, restarts) => {
  expect(asksForRestart(change)).toBe(restarts);
});

describe("the rendering", () => {
  test.each<ProcessChange>([{}, { options: ["--v=4"] }, { expect: "STOP" }, { res: { cpu: 2, mem: 512 } }])(
    "after %o differs in one process only, and is stored as it is",
    (change) => {
      const after = changedRendering(before, "kubelet", change, fresh);
      const others = (node: typeof before) =>
        node.processes
          .filter(({ name }) => name !== "kubelet")
          .map(({ spec }) => Buffer.from(ProcessSpec.encode(spec)));
      expect(others(after)).toEqual(others(before));
      expect(processMessage(kubelet(after)).version).not.toBe(processMessage(kubelet(before)).version);
      const { messages, ...rest } = storeRendering(after, "1");
      const packed = { ...rest, messages: new Uint8Array(Buffer.from(messages, "base64")) };
      expect(unpackRendering(packed, "key").processes).toEqual(after.processes);
    },
  );

  test("a restart alone keeps what was rendered; one with options takes what is rendered now", () => {
    const names = (change: ProcessChange) =>
      kubelet(changedRendering(before, "kubelet", change, fresh)).spec.environment.map(({ name }) => name);
    expect(names({})).not.toContain("FRESH");
    expect(names({ options: [] })).toContain("FRESH");
  });

  test("what it waits for before it starts stays, with whatever else it is rendered anew", () => {
    const gates = (node: typeof before) => kubelet(node).spec.startWhen.map(({ name }) => name);
    const later = () => {
      const processes = fresh().processes.map((one) => ({ ...one, spec: { ...one.spec, startWhen: [] } }));
      return { ...before, processes };
    };
    expect(gates(before)).not.toEqual([]);
    expect(gates(changedRendering(before, "kubelet", { options: [] }, later))).toEqual(gates(before));
  });

  test("other resources change limits of process and container, and not the specification of the run", () => {
    const res = { cpu: 2, mem: 512 };
    const after = changedRendering(before, "kubelet", { res }, fresh);
    const run = (node: typeof before) => ({ ...kubelet(node).spec, resources: undefined });
    expect(run(after)).toEqual(run(before));
    expect(kubelet(after).spec.resources).toEqual({ cpuMillis: 2000, memoryBytes: 512 * 2 ** 20, cfsQuota: false });
    expect(after.kubeNode.memoryBytes - before.kubeNode.memoryBytes).toBe((512 - 1024) * 2 ** 20);
    expect(after.kubeNode.cpuMillis - before.kubeNode.cpuMillis).toBe(1000);
  });

  test("each restart is another version, and what is stopped is as well", () => {
    let node = before;
    const versions = new Set([processMessage(kubelet(node)).version]);
    for (const change of [{}, {}, { expect: "STOP" }, { expect: "RUN" }, {}] as const) {
      node = changedRendering(node, "kubelet", change, fresh);
      versions.add(processMessage(kubelet(node)).version);
    }
    // After the stop it is again what it was before it.
    expect([versions.size, kubelet(node).revision]).toEqual([5, 3]);
  });
});

test("a restart renews the environment that follows from resources, and no other", () => {
  const withEnvironment = (...environment: readonly { readonly name: string; readonly value: string }[]) => ({
    ...before,
    processes: before.processes.map((process) => ({ ...process, spec: { ...process.spec, environment } })),
  });
  const old = withEnvironment({ name: "ALLOCATABLE_MEMORY_KIB", value: "1" }, { name: "OTHER", value: "1" });
  const now = withEnvironment({ name: "ALLOCATABLE_MEMORY_KIB", value: "2" }, { name: "OTHER", value: "2" });
  expect(kubelet(changedRendering(old, "kubelet", {}, () => now)).spec.environment).toEqual([
    { name: "ALLOCATABLE_MEMORY_KIB", value: "2" },
    { name: "OTHER", value: "1" },
  ]);
  expect(kubelet(changedRendering(old, "kubelet", { expect: "RUN" }, () => now)).spec).toEqual(kubelet(old).spec);
});

test("where the configuration cannot render the process any more, it is restarted as it was, and not changed", () => {
  const gone = () => {
    throw new CkeError("configuration_invalid", "there is no cke.conf-1.36.yaml any more");
  };
  expect(kubelet(changedRendering(before, "kubelet", {}, gone)).revision).toBe(1);
  expect(() => changedRendering(before, "kubelet", { options: [] }, gone)).toThrow(/cke.conf-1.36.yaml any more/);
  const other = () => ({ ...before, processes: [] });
  expect(() => changedRendering(before, "kubelet", { cmd: "" }, other)).toThrow(CannotRenderError);
});

test("a node with the configuration's processes gets a list of them, with what they have", () => {
  const outline = outlineOf(before);
  const list = processListOf({ processes: undefined }, outline);
  expect(list.map(({ name }) => name)).toEqual(outline.processes.map(({ name }) => name));
  expect(processListOf({ processes: list }, outline)).toEqual(list);
  expect(processListOf({ processes: list.slice(1) }, outline)).toHaveLength(list.length);
});
