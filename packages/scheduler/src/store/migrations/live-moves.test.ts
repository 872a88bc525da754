import { expect, test } from "vitest";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { liveMoves } from "./live-moves.ts";
import { currentFormat, migrated, migrations } from "./migrations.ts";
import { storeOf4831b99 } from "./testing/earlier-stores.ts";

test("from format 2 to 3 every record stays as it is, and can be read", () => {
  expect(migrations.indexOf(liveMoves)).toBe(1);
  expect(currentFormat).toBeGreaterThanOrEqual(3);
  const second = migrated(storeOf4831b99(), 1);
  const third = migrated(second, 2);
  expect(third).toEqual(second);
  for (const [key, value] of third)
    if (key.startsWith("workloads/")) expect(`workloads/${workloadRecordSchema.parse(value).spec.name}`).toBe(key);
});
