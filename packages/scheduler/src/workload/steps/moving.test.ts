// Who answers for what a moved unit has left on its old host.
import { expect, test } from "vitest";
import { newUnitRecord } from "../records/records.ts";
import { answeringFor } from "./moving.ts";

test.each([
  ["of the host that it leaves", "a", "b", ["a"]],
  ["of none, where it had no data", "", "b", []],
  ["of none, where it was launched already because its data is shared", "b", "b", []],
])("what is left is removed %s", (_what, left, home, hosts) => {
  const record = answeringFor(newUnitRecord("web", "source", ""), left, home);
  expect(record.orphaned.map(({ hostname }) => hostname)).toEqual(hosts);
  expect(answeringFor(record, left, home)).toBe(record);
});
