import { expect, test } from "vitest";
import { instanceUuid, vmUuid } from "./vm-uuid.ts";

const id = "6F1C1D1E-0000-4000-8000-00000000000A";

test.each<[string, { id: string; firstInstance: string }, string, string]>([
  ["the only one has the operator's", { id, firstInstance: "" }, "i1", id.toLowerCase()],
  ["the first one has it too", { id, firstInstance: "i1" }, "i1", id.toLowerCase()],
  ["a later one has its own", { id, firstInstance: "i1" }, "i2", vmUuid("", "i2")],
  ["an id that is no UUID", { id: "5", firstInstance: "i1" }, "i1", vmUuid("", "i1")],
])("%s", (_what, vm, instance, uuid) => {
  expect(instanceUuid(vm, instance)).toBe(uuid);
});
