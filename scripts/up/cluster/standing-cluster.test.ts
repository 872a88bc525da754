import { expect, test } from "vitest";
import type { ClusterState } from "./api.ts";
import { standing, standstill } from "./standing-cluster.ts";

const node = (name: string, expected = "RUN"): ClusterState["nodes"][number] => ({
  name,
  expect: expected,
  status: expected === "RUN" ? "running" : "killed",
  reason: "",
  step: "",
  detail: "",
  unresponsive_since: "",
  processes: [],
});
const nodePlan = (name: string, paused = ""): ClusterState["plan"]["nodes"][number] => ({
  node: name,
  paused,
  stat: 0,
  total_stat: 0,
  phases: [],
});
const state = (status: string, more: Partial<ClusterState> = {}): ClusterState => ({
  status,
  status_reason: "",
  nodes: [node("m"), node("w")],
  plan: { nodes: [nodePlan("m"), nodePlan("w")], paused: "", steps: [] },
  pending: [],
  ...more,
});
const paused = "since 2030-01-01T00:00:00.000Z by ann";

test.each<readonly [string, ClusterState, ReturnType<typeof standing>]>([
  ["comes up", state("starting"), { kind: "watch" }],
  ["failed", state("failed"), { kind: "watch" }],
  ["is being deleted", state("killing"), { kind: "deleting" }],
  ["is stopping", state("stopping"), { kind: "stopped", cluster: true, nodes: [] }],
  ["is stopped", state("stopped"), { kind: "stopped", cluster: true, nodes: [] }],
  [
    "runs without one of its nodes",
    state("running", { nodes: [node("m"), node("w", "STOP")] }),
    { kind: "stopped", cluster: false, nodes: ["w"] },
  ],
])("a cluster that %s", (_what, seen, expected) => {
  expect(standing(seen)).toEqual(expected);
});

const pending = [{ node: "w" }];
const held = { nodes: [nodePlan("m"), nodePlan("w", paused)], paused: "", steps: [] };
const whole = { nodes: [nodePlan("m"), nodePlan("w")], paused, steps: [] };
const refused = {
  ...held,
  nodes: [nodePlan("w")],
  steps: [{ node: "w", explanation: "it is not tried again before a retry is asked for (plan/retry): no such role" }],
};
const later = { ...refused, steps: [{ node: "w", explanation: "launch 2 failed: no such image" }] };
test.each<readonly [string, ClusterState, string]>([
  ["comes up", state("starting", { pending }), ""],
  ["is tried again later", state("failed", { pending, plan: later }), ""],
  ["is paused with all of it launched", state("degraded", { plan: whole }), ""],
  [
    "is paused",
    state("starting", { pending, plan: whole }),
    `its plan is paused ${paused}, nothing of it is launched: curl -X POST http://a/c/plan/resume, then make up again`,
  ],
  [
    "has a node that is paused",
    state("starting", { pending, plan: held }),
    `w is paused ${paused}, nothing of it is launched: curl -X POST http://a/c/plan/resume -d '{"node":"w"}' -H 'content-type: application/json', then make up again`,
  ],
  [
    "waits for a retry",
    state("degraded", { pending, plan: refused }),
    "w: it is not tried again before a retry is asked for (plan/retry): no such role; mend that, then curl -X POST http://a/c/plan/retry and make up again",
  ],
  ["was stopped", state("stopping"), "it was stopped meanwhile: make up again starts it"],
  ["is being deleted", state("killing"), "it is being deleted: make up again when it is gone"],
])("a watched cluster that %s", (_what, seen, words) => {
  expect(standstill(seen, "http://a/c")).toBe(words);
});
