import { expect, it } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { FormerNodes } from "./former-nodes.ts";

const record = (unit: string, hostname: string) => ({
  ...newUnitRecord("c", unit, ""),
  last: { executorId: "e", agentId: "S", hostname, endedAtMs: 5 },
});

it("remembers where a node ran last, until its cluster goes", async () => {
  const store = new MemoryStore();
  const former = new FormerNodes(store);
  await store.commit(await former.removalOperations(record("n", "a")));
  const failure = { reason: "", cause: "", message: "", output: "last words", atMs: 1 };
  await store.commit(await former.removalOperations({ ...record("n", "b"), failure }));
  expect(await former.find("c", "n")).toEqual({
    executorId: "e",
    agentId: "S",
    hostname: "b",
    endedAtMs: 5,
    output: "last words",
  });
  expect(await former.find("c", "other")).toBeUndefined();
  expect(await former.removalOperations(newUnitRecord("c", "never", ""))).toEqual([]);
  await store.commit(await former.deleteOperations("c"));
  expect(await store.keys("")).toEqual([]);
});

it("remembers a hundred nodes of a cluster, and forgets the oldest", async () => {
  const store = new MemoryStore();
  const former = new FormerNodes(store);
  for (let index = 0; index < 130; index += 1)
    await store.commit(await former.removalOperations(record(`n${index}`, "a")));
  expect(await store.keys("")).toHaveLength(100);
  expect(await former.find("c", "n29")).toBeUndefined();
  expect(await former.find("c", "n30")).toBeDefined();
  expect(await former.find("c", "n129")).toBeDefined();
});
