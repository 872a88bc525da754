// What an operator is told to run on a host, in the form that the executor takes (<vm>[@<instance>]), and which failures are for one.
import { UnitReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { vmRules } from "./vm-rules.ts";

test.each([
  ["", "cke-vm-exec -cleanup my"],
  ["a1", "cke-vm-exec -cleanup my@a1"],
])("instance %j: %s", (instance, command) => {
  expect(vmRules.cleanupCommand({ workload: "my", unit: "vm", instance })).toBe(command);
});

test.each([
  ["disk_path", true],
  ["disk_unfenced", true],
  ["disk_corrupt", true],
  ["disk_busy", false],
  ["disk_full", false],
])("a launch that ended with %s needs an operator: %j", (cause, expected) => {
  const report = { ...UnitReport.decode(new Uint8Array()), launchStep: "disks", cause };
  expect(vmRules.needsHelp(report)).toBe(expected);
});
