import { expect, test } from "vitest";
import { seenPod } from "./followed-pod.ts";

const pods = "10.244.0.0/16";
const running = (status: object, more: object = {}) => ({
  metadata: {},
  status: { phase: "Running", ...status },
  ...more,
});

test.each([
  ["a pod of the range", running({ podIP: "10.244.0.9" }), { target: "10.244.0.9", problem: "" }],
  ["one that waits", { metadata: {}, status: { phase: "Pending" } }, { problem: "it has no address yet" }],
  ["one without a status", { metadata: {} }, { problem: "it has no address yet" }],
  [
    "one that ends",
    running({ podIP: "10.244.0.9" }, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    { problem: "it is being deleted" },
  ],
  ["one that has ended", running({ phase: "Succeeded", podIP: "10.244.0.9" }), { problem: "it has ended (Succeeded)" }],
  ["one that has failed", running({ phase: "Failed", podIP: "10.244.0.9" }), { problem: "it has ended (Failed)" }],
  [
    "one in the network of its node",
    running({ podIP: "10.0.0.1" }, { spec: { hostNetwork: true } }),
    { problem: "it has the network of its node (hostNetwork), and no address of its own" },
  ],
  [
    "an address of a gateway",
    running({ podIP: "10.9.0.3" }),
    { problem: "its address 10.9.0.3 is not in 10.244.0.0/16, the range of the cluster's pods" },
  ],
  [
    "an address of another family",
    running({ podIP: "fd00::1" }),
    { problem: "its address fd00::1 is not in 10.244.0.0/16, the range of the cluster's pods" },
  ],
  ["what is no pod", { metadata: {}, status: { podIP: 7 } }, { problem: "what its API server says of it is no Pod" }],
])("%s", (_, answer, seen) => {
  expect(seenPod(answer, pods)).toEqual(seen);
});
