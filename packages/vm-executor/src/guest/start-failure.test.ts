// What an operator reads when libvirt or QEMU refuse a start.
import { CkeError } from "@cke/foundation";
import { LibvirtError } from "@cke/libvirt";
import { expect, test } from "vitest";
import { startFailure } from "./start-failure.ts";

test.each([
  ['Failed to get "write" lock. Is another process using the image [/a]?', "disk_busy"],
  ["Could not write: No space left on device", "disk_full"],
  ["internal error: hugepages are disabled by administrator config", "huge_pages"],
  ["qemu-system-x86_64: unable to map backing store for guest RAM: Cannot allocate memory", "huge_pages"],
  ["qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory", "host_memory"],
  ["Could not open '/a': filesystem does not support O_DIRECT", "disk_cache"],
  ["Could not open '/a': Permission denied", "permission_denied"],
  ["unsupported configuration: CPU model EPYC-Turin not supported by hypervisor", "cpu_model"],
  ["monitor socket did not show up", "start_failed"],
])("%s: %s", (words, code) => {
  const failure = startFailure(new LibvirtError("start", 38, 10, words));
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(words);
});

test("what a part of CKE says is told as it is", () => {
  const failure = startFailure(new CkeError("network_missing", "no bridge"));
  expect([failure.code, failure.message]).toEqual(["network_missing", "no bridge"]);
});
