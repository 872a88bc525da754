import { expect, test } from "vitest";
import { MemoryHost } from "../testing/memory-host.ts";
import { boundingSetHasSysResource, PrivilegeMemory } from "./privilege.ts";

test.each([
  ["CapBnd:\t000001ffffffffff\n", true],
  ["CapEff:\t0\nCapBnd:\t000001fffeffffff\n", false],
  ["", false],
])("bounding set %j", (status, expected) => {
  expect(boundingSetHasSysResource(status)).toBe(expected);
});

test("what was learnt holds until the next boot", async () => {
  const host = new MemoryHost();
  host.files.set("/proc/self/status", "CapBnd:\t000001ffffffffff\n");
  host.files.set("/proc/sys/kernel/random/boot_id", "one\n");
  const memory = new PrivilegeMemory(host, "/run/cke");
  expect(await memory.first()).toBe("full");
  await memory.learnt("reduced");
  expect(await memory.first()).toBe("reduced");
  host.files.set("/proc/sys/kernel/random/boot_id", "two\n");
  expect(await memory.first()).toBe("full");
});
