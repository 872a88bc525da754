import { VmDisk, VmNic } from "@cke/protocol";
import { expect, test } from "vitest";
import type { LiveStep } from "./definition-changes.ts";
import { waitsFor } from "./step-order.ts";

const disk = (name: string, path = "") => ({ field: `disks.${name}`, disk: VmDisk.create({ name, path }) });
const nic = (name: string, rest: Parameters<typeof VmNic.create>[0] = {}) => ({
  field: `nics.${name}`,
  nic: VmNic.create({ name, ...rest }),
});
const memory = { kind: "memory", field: "memory.mib", mib: 512 } as const;
const limits = { kind: "limits", field: "cpu.limit_millis" } as const;

test.each<[string, LiveStep, LiveStep, boolean]>([
  ["more memory waits for its limit", memory, limits, true],
  ["the limit does not wait for the memory", limits, memory, false],
  ["memory does not wait for a disk", memory, { kind: "attach-disk", ...disk("d") }, false],
  [
    "a disk waits for the one that has its file",
    { kind: "attach-disk", ...disk("e", "/a") },
    { kind: "detach-disk", ...disk("d", "/a") },
    true,
  ],
  [
    "a disk does not wait for one of CKE's own",
    { kind: "attach-disk", ...disk("e") },
    { kind: "detach-disk", ...disk("d") },
    false,
  ],
  [
    "a NIC waits for the one that has its MAC",
    { kind: "attach-nic", ...nic("m", { mac: "52:54:00:AA:00:01" }) },
    { kind: "detach-nic", ...nic("n", { mac: "52:54:00:aa:00:01" }) },
    true,
  ],
  [
    "a NIC waits for the one that has its address",
    { kind: "attach-nic", ...nic("m", { ip: "10.0.0.2/24" }) },
    { kind: "detach-nic", ...nic("n", { ip: "10.0.0.2" }) },
    true,
  ],
  [
    "ports wait for the NIC that has them",
    { kind: "ports", ...nic("m", { ports: [{ hostPort: 80, guestPort: 80 }] }) },
    { kind: "detach-nic", ...nic("n", { ports: [{ hostPort: 80, guestPort: 8_080 }] }) },
    true,
  ],
  ["another NIC does not", { kind: "attach-nic", ...nic("m") }, { kind: "detach-nic", ...nic("n") }, false],
  ["a title waits for nothing", { kind: "title", field: "title" }, { kind: "detach-nic", ...nic("n") }, false],
])("%s", (_what, step, failed, waits) => {
  expect(waitsFor(step, [failed])).toBe(waits);
  expect(waitsFor(step, [])).toBe(false);
});
