// Who answers for what a moved unit has left on its old host.
import { expect, test } from "vitest";
import { newUnitRecord } from "../records/records.ts";
import { answeringFor, movedUnit } from "./moving.ts";

test.each([
  ["of the host that it leaves", "a", "b", ["a"]],
  ["of none, where it had no data", "", "b", []],
  ["of none, where it was launched already because its data is shared", "b", "b", []],
])("what is left is removed %s", (_what, left, home, hosts) => {
  const record = answeringFor(newUnitRecord("web", "source", ""), left, home);
  expect(record.orphaned.map(({ hostname }) => hostname)).toEqual(hosts);
  expect(answeringFor(record, left, home)).toBe(record);
});

test.each([
  ["its old host", { home: "b" }, ["c", "a"]],
  ["a host that is gone for good", { home: "", dataLost: { hostname: "b", atMs: 1 } }, ["c", "a"]],
  ["none", { home: "" }, ["b", "c", "a"]],
])("the moved unit itself does not answer for %s", (_what, fields, hosts) => {
  const orphaned = ["b", "c"].map((hostname) => ({ hostname, agentRemoved: false, attempts: 0, retryAtMs: 0 }));
  const record = movedUnit(
    { ...newUnitRecord("web", "vm", ""), orphaned, mayRunOn: "b", ...fields },
    "a",
    5,
    undefined,
  );
  expect(record.orphaned.map(({ hostname }) => hostname)).toEqual(hosts);
  expect(record).toMatchObject({ home: "a", homeSinceMs: 5 });
  expect(record.dataLost).toBeUndefined();
  expect(record.mayRunOn).toBeUndefined();
});
