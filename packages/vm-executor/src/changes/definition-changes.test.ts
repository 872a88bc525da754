// From one definition to another: what a running guest follows, in which order, and what waits.
import type { VmDefinitionInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { definition } from "../testing/vm-tasks.ts";
import { afterStep, definitionChanges } from "./definition-changes.ts";

const disk = { name: "d", role: "data", sizeMib: 10, format: "qcow2", bus: "virtio" };
const base: VmDefinitionInit = {
  cpu: { count: 2, maximum: 4 },
  memory: { mib: 256, maximumMib: 512, overheadMib: 64 },
  disks: [{ ...disk, name: "s", role: "system" }, disk, { name: "c", role: "cdrom", bus: "sata" }],
  nics: [{ name: "n", ip: "10.0.0.2/24" }],
};
const [s = {}, d = {}, c = {}] = base.disks ?? [];

describe("a running guest", () => {
  test.each<[string, VmDefinitionInit, readonly string[], readonly string[]]>([
    ["nothing", {}, [], []],
    ["title", { title: "t" }, ["title"], []],
    ["vCPUs below the maximum", { cpu: { count: 4, maximum: 4 } }, ["vcpus"], []],
    ["vCPUs beyond it", { cpu: { count: 5, maximum: 5 } }, [], ["cpu.count", "cpu.maximum"]],
    ["share of the processor", { cpu: { count: 2, maximum: 4, limitMillis: 5 } }, ["limits"], []],
    ["model", { cpu: { count: 2, maximum: 4, model: "max" } }, [], ["cpu.model"]],
    [
      "more memory: the limit first",
      { memory: { mib: 300, maximumMib: 512, overheadMib: 64 } },
      ["limits", "memory"],
      [],
    ],
    [
      "less memory: the limit last",
      { memory: { mib: 200, maximumMib: 512, overheadMib: 64 } },
      ["memory", "limits"],
      [],
    ],
    [
      "memory beyond the maximum",
      { memory: { mib: 600, maximumMib: 600, overheadMib: 64 } },
      [],
      ["memory.mib", "memory.maximum_mib"],
    ],
    ["boot", { boot: { type: "network", firmware: "uefi" } }, [], ["boot.type", "boot.firmware"]],
    ["a boot that says nothing", { boot: {} }, [], []],
    ["a disk more, a disk less", { disks: [s, { ...disk, name: "e" }, c] }, ["detach-disk", "attach-disk"], []],
    ["the system disk goes", { disks: [d, c] }, [], ["disks.s"]],
    ["a disk on a bus that takes none", { disks: [s, d, c, { ...disk, name: "e", bus: "sata" }] }, [], ["disks.e"]],
    ["a scsi disk without a controller", { disks: [s, d, c, { ...disk, name: "e", bus: "scsi" }] }, [], ["disks.e"]],
    [
      "a larger disk with limits",
      { disks: [s, { ...d, sizeMib: 20, limits: { readIops: 1 } }, c] },
      ["tune-disk", "grow-disk"],
      [],
    ],
    ["a smaller disk", { disks: [s, { ...d, sizeMib: 5 }, c] }, [], ["disks.d.size_mib"]],
    ["another disc", { disks: [s, d, { ...c, image: { source: "x" } }] }, ["change-disc"], []],
    ["another image of a disk", { disks: [s, { ...d, image: { source: "x" } }, c] }, [], ["disks.d.image"]],
    ["another cache mode", { disks: [s, { ...d, cache: "unsafe" }, c] }, [], ["disks.d"]],
    ["a NIC more, a NIC less", { nics: [{ name: "m" }] }, ["detach-nic", "attach-nic"], []],
    [
      "ports of a NIC",
      { nics: [{ name: "n", ip: "10.0.0.2/24", ports: [{ hostPort: 1, guestPort: 2 }] }] },
      ["ports"],
      [],
    ],
    ["another address", { nics: [{ name: "n", ip: "10.0.0.3/24" }] }, [], ["nics.n"]],
    ["seed and devices", { seed: { user: "u" }, devices: { balloon: true, vnc: true } }, [], ["seed", "devices.vnc"]],
    ["restart policy and note", { restart: { policy: "always" }, osInfo: "x" }, [], []],
  ])("%s", (_what, next, kinds, atNextStart) => {
    const changes = definitionChanges(definition(base), definition({ ...base, ...next }));
    expect(changes.steps.map(({ kind }) => kind)).toEqual(kinds);
    expect(changes.atNextStart).toEqual(atNextStart);
  });

  test("without a balloon keeps its memory", () => {
    const fixed = { ...base, devices: { balloon: false } };
    const changes = definitionChanges(
      definition(fixed),
      definition({ ...fixed, memory: { mib: 300, maximumMib: 512, overheadMib: 64 } }),
    );
    expect(changes).toEqual({ steps: [], atNextStart: ["memory.mib"] });
  });

  test("that is to give memory back has the limit that it had, until a lower one is written", () => {
    const wanted = definition({ ...base, memory: { mib: 200, maximumMib: 512, overheadMib: 64 } });
    const asked = afterStep(definition(base), { kind: "memory", field: "memory.mib", mib: 200 }, wanted);
    expect(asked.memory).toMatchObject({ mib: 200, overheadMib: 120 });
    expect(definitionChanges(asked, wanted).steps).toEqual([{ kind: "limits", field: "cpu.limit_millis" }]);
    expect(definitionChanges(asked, definition(base)).steps.map(({ kind }) => kind)).toEqual(["limits", "memory"]);
    expect(afterStep(asked, { kind: "limits", field: "cpu.limit_millis" }, wanted)).toEqual(wanted);
  });

  test.each([{ overheadMib: 0 }, { overheadMib: 64, hugePages: true }])("with %j has no such limit", (more) => {
    const running = definition({ ...base, memory: { mib: 256, maximumMib: 512, ...more } });
    const asked = afterStep(running, { kind: "memory", field: "memory.mib", mib: 200 }, running);
    expect(asked.memory).toMatchObject({ mib: 200, overheadMib: more.overheadMib });
  });

  test("after all steps only what waits is left", () => {
    const wanted = definition({
      ...base,
      title: "t",
      cpu: { count: 3, maximum: 4, limitMillis: 100, model: "max" },
      memory: { mib: 300, maximumMib: 512, overheadMib: 70 },
      disks: [s, { ...disk, name: "e" }, { ...c, image: { source: "x" } }],
      nics: [{ name: "m" }],
    });
    let running = definition(base);
    for (const step of definitionChanges(running, wanted).steps) running = afterStep(running, step, wanted);
    expect(definitionChanges(running, wanted)).toEqual({ steps: [], atNextStart: ["cpu.model"] });
  });
});
