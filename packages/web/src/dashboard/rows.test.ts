import { expect, test } from "vitest";
import { nameOf } from "../cluster-api/objects.ts";
import type { Column } from "../kinds/kinds.ts";
import { type Sorting, shownRows, sortedAfter } from "./rows.ts";

const object = (name: string, size: number) => ({ metadata: { name, namespace: "d" }, size });
const objects = [object("web-10", 2), object("web-2", 30), object("db", 4)];
const columns: readonly Column[] = [
  { title: "Name", text: nameOf },
  { title: "Size", text: ({ size }) => String(size), order: ({ size }) => Number(size) },
];
const names = (search: string, sorting?: Sorting) =>
  shownRows(objects, columns, { search, sorting, now: 0 }).map(nameOf);

test.each([
  ["", undefined, ["db", "web-2", "web-10"]],
  ["WEB", undefined, ["web-2", "web-10"]],
  ["web 30", undefined, ["web-2"]],
  ["none", undefined, []],
  ["", { title: "Size", direction: "ascending" }, ["web-10", "db", "web-2"]],
  ["", { title: "Size", direction: "descending" }, ["web-2", "db", "web-10"]],
  ["", { title: "Name", direction: "descending" }, ["web-10", "web-2", "db"]],
] as const)("search %j, sorting %j", (search, sorting, expected) => {
  expect(names(search, sorting)).toEqual(expected);
});

test("a column is sorted up, down, and not", () => {
  const up = sortedAfter(undefined, "Name");
  expect(up).toEqual({ title: "Name", direction: "ascending" });
  const down = sortedAfter(up, "Name");
  expect(down?.direction).toBe("descending");
  expect(sortedAfter(down, "Name")).toBeUndefined();
  expect(sortedAfter(down, "Size")).toEqual({ title: "Size", direction: "ascending" });
});
