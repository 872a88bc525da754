import { expect, test } from "vitest";
import { labelChangesBody, labelsBody, taintsBody } from "./node-labels.ts";

test.each(["kubernetes.io/hostname", "kubernetes.io/os", "beta.kubernetes.io/arch"])(
  "%s is the kubelet's: no operator sets it, and one that was set can be taken back",
  (label) => {
    for (const schema of [labelsBody, labelChangesBody])
      expect(schema.safeParse({ [label]: "windows" }).success).toBe(false);
    expect(labelChangesBody.safeParse({ [label]: null }).success).toBe(true);
  },
);

test.each(["disk", "topology.kubernetes.io/zone", "node-role.kubernetes.io/gpu", "node.kubernetes.io/instance-type"])(
  "%s is free",
  (label) => {
    expect(labelChangesBody.safeParse({ [label]: "x" }).success).toBe(true);
  },
);

test.each([
  ["the same twice", ["gpu=1:NoSchedule", "gpu=1:NoSchedule"], [1]],
  ["other values, both dialects", ["gpu=1:NoSchedule", { key: "gpu", value: "2", effect: "NoSchedule" }], [1]],
  ["three", ["a:NoExecute", "gpu:NoSchedule", "gpu:NoSchedule", "gpu=2:NoSchedule"], [2, 3]],
  ["other effects", ["gpu:NoSchedule", "gpu:NoExecute"], []],
  ["other keys", ["gpu:NoSchedule", "disk:NoSchedule"], []],
])("taints with one key and effect: %s", (_title, taints, refused) => {
  const found = taintsBody.safeParse(taints).error?.issues ?? [];
  expect(found.map(({ path }) => path)).toEqual(refused.map((index) => [index]));
  for (const { message } of found)
    expect(message).toMatch(/^there is a taint "gpu" with the effect NoSchedule already/);
});
