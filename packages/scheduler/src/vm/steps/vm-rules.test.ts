// What an operator is told to run on a host, in the form that the executor takes: <vm>[@<instance>].
import { expect, test } from "vitest";
import { vmRules } from "./vm-rules.ts";

test.each([
  ["", "cke-vm-exec -cleanup my"],
  ["life", "cke-vm-exec -cleanup my@life"],
])("instance %j: %s", (instance, command) => {
  expect(vmRules.cleanupCommand({ workload: "my", unit: "vm", instance })).toBe(command);
});
