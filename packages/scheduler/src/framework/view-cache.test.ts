import { expect, test } from "vitest";
import { type ClusterRecord, newNodeRecord } from "../domain/records.ts";
import { ViewCache } from "./view-cache.ts";

const cluster = { spec: { name: "c" }, createdAtMs: 0, deleting: false } as unknown as ClusterRecord;
const [a, b] = [newNodeRecord("c", "a", "1"), newNodeRecord("c", "b", "1")];

test("a view is made anew only when a record is another one", () => {
  const cache = new ViewCache<number>();
  let made = 0;
  const view = (nodes: readonly (typeof a)[], of = cluster) => cache.of(of, nodes, () => ++made);
  expect(view([a, b])).toBe(1);
  expect(view([a, b])).toBe(1);
  expect(view([a, { ...b, failures: 1 }])).toBe(2);
  expect(view([a])).toBe(3);
  expect(view([a], { ...cluster, deleting: true })).toBe(4);
  expect(view([a])).toBe(3);
});
