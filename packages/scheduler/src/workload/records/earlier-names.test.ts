import { expect, test } from "vitest";
import { z } from "zod";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { readingEarlierNames } from "./earlier-names.ts";

import { newUnitRecord, unitRecordSchema } from "./records.ts";

const schema = readingEarlierNames(z.object({ kept: z.number(), fresh: z.string().default("none") }), { old: "fresh" });

test.each([
  ["the earlier name", { kept: 1, old: "x" }, { kept: 1, fresh: "x" }],
  ["the present name", { kept: 1, fresh: "x" }, { kept: 1, fresh: "x" }],
  ["both: the present one wins", { fresh: "new", kept: 1, old: "x" }, { kept: 1, fresh: "new" }],
  ["neither", { kept: 1 }, { kept: 1, fresh: "none" }],
])("%s", (_title, stored, read) => {
  expect(schema.parse(stored)).toEqual(read);
  expect(schema.parse(schema.parse(stored))).toEqual(read);
});

test.each([undefined, null, "text", 1])("what is no record is refused as before: %s", (value) => {
  expect(schema.safeParse(value).success).toBe(false);
});

test("a unit's record of an earlier version keeps its orphaned resources", () => {
  const orphan = { hostname: "a", agentRemoved: false, attempts: 2, retryAtMs: 5 };
  const { orphaned: _, ...rest } = newUnitRecord("c", "n", "i");
  const read = unitRecordSchema.parse({ ...rest, leftovers: [orphan] });
  expect(read).toMatchObject({ ...rest, orphaned: [orphan] });
  expect(read).not.toHaveProperty("leftovers");
});

test("a launch of an earlier version still holds what its one-shots need", () => {
  const { oneShotsHeldByUnit: _, ...launch } = sampleLaunch();
  const stored = { ...newUnitRecord("c", "n", "i"), launch: { ...launch, oneShotsHeldByNode: true } };
  expect(unitRecordSchema.parse(stored).launch).toEqual({ ...launch, oneShotsHeldByUnit: true });
});
