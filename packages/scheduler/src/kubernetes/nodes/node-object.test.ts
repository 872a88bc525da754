import { expect, test } from "vitest";
import { nodeObjectSchema, nodePatch } from "./node-object.ts";

const object = (
  labels: Readonly<Record<string, string>>,
  taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] = [],
  annotations: Readonly<Record<string, string>> = {},
) => nodeObjectSchema.parse({ metadata: { resourceVersion: "7", labels, annotations }, spec: { taints } });
const gpu = { key: "gpu", value: "yes", effect: "NoSchedule" } as const;
const ill = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" };
const none = { labels: {}, taints: [] };
const notes = (labels: readonly string[], taints: readonly string[]) => ({
  "cke-labels": labels.length === 0 ? null : JSON.stringify(labels),
  "cke-taints": taints.length === 0 ? null : JSON.stringify(taints),
});

test("nothing is patched that is as wanted", () => {
  expect(nodePatch(object({ a: "b" }, [ill]), none)).toBeUndefined();
  const noted = { "cke-labels": '["a"]', "cke-taints": '["gpu:NoSchedule"]' };
  expect(
    nodePatch(object({ a: "b", c: "d" }, [gpu, ill], noted), { labels: { a: "b" }, taints: [gpu] }),
  ).toBeUndefined();
});

test("labels are set and noted, and those go that are not wanted any more", () => {
  expect(nodePatch(object({ a: "x", os: "linux" }), { labels: { a: "b" }, taints: [] })).toEqual({
    metadata: { resourceVersion: "7", labels: { a: "b" }, annotations: notes(["a"], []) },
  });
  expect(nodePatch(object({ a: "b", os: "linux" }, [], { "cke-labels": '["a","gone"]' }), none)).toEqual({
    metadata: { resourceVersion: "7", labels: { a: null }, annotations: notes([], []) },
  });
  // An annotation that somebody else wrote says nothing.
  expect(nodePatch(object({ a: "b" }, [], { "cke-labels": "{" }), none)).toEqual({
    metadata: { resourceVersion: "7", labels: {}, annotations: notes([], []) },
  });
});

test("taints of others stay, also when those of the specification change or go", () => {
  const patch = (taints: Parameters<typeof object>[1], own: readonly string[], wanted: readonly (typeof gpu)[]) =>
    nodePatch(object({}, taints, own.length === 0 ? {} : { "cke-taints": JSON.stringify(own) }), {
      labels: {},
      taints: wanted,
    });
  expect(patch([ill], [], [gpu])).toMatchObject({ spec: { taints: [{ key: ill.key }, gpu] } });
  expect(patch([{ ...gpu, value: "no" }, ill], [], [gpu])).toMatchObject({ spec: { taints: [{ key: ill.key }, gpu] } });
  expect(patch([gpu, ill], ["gpu:NoSchedule"], [])).toMatchObject({ spec: { taints: [{ key: ill.key }] } });
});
