import { expect, test } from "vitest";
import { labelChangesBody, labelsBody } from "./node-labels.ts";

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
