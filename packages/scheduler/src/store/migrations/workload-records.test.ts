import { expect, test } from "vitest";
import { unitRecordSchema, workloadRecordSchema } from "../../workload/records/records.ts";
import { migrated } from "./migrations.ts";
import { storeOf28ee906, storeOf4831b99 } from "./testing/earlier-stores.ts";
import { workloadRecords } from "./workload-records.ts";

test.each([
  ["28ee906", storeOf28ee906()],
  ["4831b99", storeOf4831b99()],
])("the store of %s: every record is there, of kind kubernetes, and a second run changes nothing", (_commit, old) => {
  const all = migrated(old, 1);
  const names = (entries: ReadonlyMap<string, unknown>, prefix: string) =>
    [...entries.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  expect(names(all, "workloads/")).toEqual(names(old, "clusters/"));
  expect(names(all, "units/")).toEqual(names(old, "nodes/"));
  expect(all.size).toBe(old.size);
  for (const [key, value] of all) {
    if (key.startsWith("workloads/")) {
      const { kind, spec } = workloadRecordSchema.parse(value);
      expect([kind, `workloads/${spec.name}`, spec.units.length > 0]).toEqual(["kubernetes", key, true]);
    }
    if (key.startsWith("units/")) {
      const { workload, unit } = unitRecordSchema.parse(value);
      expect(`units/${workload}/${unit}`).toBe(key);
    }
  }
  expect(workloadRecords(all)).toEqual([]);
});

test("who had something reserved on an agent that is away is remembered", () => {
  const one = { agentId: "S", hostname: "h", role: "r", instance: "i", sinceMs: 1 };
  const key = "reservations/S/c/n/i";
  const all = migrated(new Map([[key, { ...one, cluster: "c", node: "n" }]]), 1);
  expect(all).toEqual(new Map([[key, { ...one, workload: "c", unit: "n" }]]));
});

test("what cannot be read is moved as it is", () => {
  const all = migrated(
    new Map(Object.entries({ "clusters/c": "torn", "nodes/c/n": 7, "agents/a": { cluster: "x" } })),
    1,
  );
  expect(all).toEqual(
    new Map<string, unknown>(Object.entries({ "workloads/c": "torn", "units/c/n": 7, "agents/a": { cluster: "x" } })),
  );
});
