import { VmDefinition, type VmDefinitionInit } from "@cke/protocol";
import { expect, test } from "vitest";
import type { GuestSight } from "../state/guest-state.ts";
import { liveProblem } from "./live-problem.ts";

const disk = { name: "system", role: "system", format: "qcow2", bus: "virtio" };
const base: VmDefinitionInit = { disks: [disk], nics: [{ name: "eth0" }], memory: { mib: 64 } };
const runs: GuestSight = { state: "running", reason: "booted" };

const problem = (
  running: VmDefinitionInit,
  { wanted = running, sight = runs, snapshots = [] as readonly string[] } = {},
) =>
  liveProblem({
    running: VmDefinition.create({ ...base, ...running }),
    wanted: VmDefinition.create({ ...base, ...wanted }),
    sight,
    snapshots,
  });

test.each([
  {},
  { disks: [disk, { name: "shared", path: "/mnt/x", shared: true, cache: "none" }] },
  { disks: [{ name: "shared", path: "/mnt/x", shared: true, cache: "directsync" }] },
  { disks: [disk, { name: "shared", path: "/mnt/x", shared: true, readOnly: true, cache: "writeback" }] },
  { disks: [disk, { name: "cdrom0", role: "cdrom", path: "/srv/x.iso" }] },
])("%j can move", (running) => {
  expect(problem(running)).toBeUndefined();
});

test("one that its operator has paused, and one whose size changes at its next start, can move", () => {
  expect(problem({}, { sight: { state: "paused", reason: "user" } })).toBeUndefined();
  expect(problem({}, { wanted: { memory: { mib: 128 } } })).toBeUndefined();
});

test.each<[VmDefinitionInit, Parameters<typeof problem>[1], string]>([
  [{}, { sight: { state: "paused", reason: "io-error" } }, "does not run (paused, io-error)"],
  [{}, { sight: { state: "shut-off", reason: "crashed" } }, "does not run"],
  [{}, { snapshots: ["a", "b"] }, "has snapshots"],
  [{ devices: { tpm: true } }, {}, "has a TPM"],
  [{ disks: [disk, { name: "local", path: "/srv/x" }] }, {}, "has disks with paths on its host: local"],
  [{ disks: [{ name: "data", path: "/mnt/x", shared: true, cache: "writeback" }] }, {}, "that its host caches"],
  [{ disks: [disk, { name: "ro", readOnly: true }] }, {}, "has disks that it only reads: ro"],
  [{}, { wanted: { disks: [disk, { name: "data0" }] } }, "wait for its next start"],
  [{}, { wanted: { nics: [] } }, "wait for its next start"],
])("%j with %j cannot", (running, more, words) => {
  expect(problem(running, more)).toContain(words);
});
