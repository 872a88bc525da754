import { TaskReport, type UnitReportInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, reportOf } from "../../workload/records/records.ts";
import { nodeRules } from "./node-rules.ts";

const read = (report: string) =>
  reportOf({ ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 1), report });
const unit = (value: UnitReportInit) => {
  const report = read(Buffer.from(TaskReport.encode({ report: { kind: "unit", value } })).toString("base64"));
  if (report?.kind !== "unit") throw new Error("a unit's report was read as something else");
  return report.value;
};

test.each<readonly [string, UnitReportInit, { onHost?: true; looks?: true; help?: true }]>([
  ["nothing done yet", {}, { looks: true }],
  ["it looks at its host", { launchStep: "engine" }, { looks: true }],
  ["no such image", { launchStep: "image" }, { help: true }],
  ["its container is refused", { launchStep: "container" }, { help: true }],
  [
    "its name is taken, seen in the first step",
    { launchStep: "engine", cause: "name_taken" },
    { looks: true, help: true },
  ],
  ["its wrapper does not answer", { launchStep: "wrapper", containerId: "c1" }, { onHost: true }],
  ["it runs", { launchStep: "ready", containerId: "c1" }, { onHost: true }],
])("what a KubeNode's report means: %s", (_title, value, { onHost = false, looks = false, help = false }) => {
  const report = unit(value);
  expect(nodeRules.isOnHost(report)).toBe(onHost);
  expect(nodeRules.looksAtHost(report)).toBe(looks);
  expect(nodeRules.needsHelp(report)).toBe(help);
});

test.each([
  ["", "cke-k8s-exec -cleanup my/node0"],
  ["a1", "cke-k8s-exec -cleanup my/node0@a1"],
])('the clean-up of instance "%s"', (instance, command) => {
  expect(nodeRules.cleanupCommand({ workload: "my", unit: "node0", instance })).toBe(command);
});

test("a report that was stored when it was KubeNodeReport reads the same", () => {
  const stored =
    "ClwKAmMxEgljb250YWluZXIaC25hbWUgaW4gdXNlIIDQlf+8MSoJMTAuNzcuMC4yMgRrZXB0OgpuYW1lX3Rha2VuSglsYXN0IGxpbmVA6NeV/7wxUgJ2MVoEYnVzeQ==";
  expect(read(stored)).toEqual({
    kind: "unit",
    value: {
      containerId: "c1",
      launchStep: "container",
      detail: "name in use",
      startedAtMs: 1_700_000_000_000,
      ip: "10.77.0.2",
      data: "kept",
      cause: "name_taken",
      output: "last line",
      unresponsiveSinceMs: 1_700_000_001_000,
      peersVersion: "v1",
      peersProblem: "busy",
      hostProblem: "",
      kindReport: new Uint8Array(),
    },
  });
});
