// What a clone whose disks are not copied yet keeps its source from.
import { expect, test } from "vitest";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { createdVm, vmsOf } from "../testing/vm-scenario.ts";
import { clonesBefore } from "./copies-under-way.ts";

const lost: Partial<UnitRecord> = { dataLost: { hostname: "a", atMs: 1 } };

test.each<[string, Partial<UnitRecord>, Partial<UnitRecord>, readonly string[]]>([
  ["has its disks", { home: "a", homeSinceMs: 1 }, { home: "a" }, ["copy"]],
  ["has its disks, and the clone too", { home: "a", homeSinceMs: 1 }, { home: "a", homeSinceMs: 1 }, []],
  ["has lost them, so that nothing can be copied", lost, { home: "a" }, []],
  ["has its disks, and the clone has lost its own", { home: "a", homeSinceMs: 1 }, lost, []],
])("the source %s", async (_what, source, clone, expected) => {
  const s = await createdVm([]);
  const { ledger } = s.scheduler.framework.parts;
  const [web] = ledger.workloads();
  if (web === undefined) throw new Error("no VM");
  const { uuid } = vmsOf(s).get("web");
  const origin = { vm: "web", uuid, instance: "i", snapshot: "", disks: [{ name: "system" }] };
  const copy = { ...web, spec: { ...web.spec, name: "copy", origin } };
  const records = new Map([
    ["web", { ...newUnitRecord("web", "vm", ""), ...source }],
    ["copy", { ...newUnitRecord("copy", "vm", ""), ...clone }],
  ]);
  const known = { workloads: () => [web, copy], unit: (vm: string) => records.get(vm) };
  for (const change of ["replaced", "deleted", "moved"] as const)
    expect(clonesBefore(change, { name: "web", uuid }, known)).toEqual(expected);
});
