import { expect, test } from "vitest";
import { commitInParts } from "./commit-in-parts.ts";
import type { StoreOperation } from "./store.ts";

const operations = (count: number) =>
  Array.from({ length: count }, (_, index): StoreOperation => ({ op: "delete", key: `key/${index}` }));

test.each([
  [0, []],
  [1, [1]],
  [50, [50]],
  [120, [50, 50, 20]],
])("%i operations are committed in order, in parts of %j", async (count, sizes) => {
  const commits: (readonly StoreOperation[])[] = [];
  const commit = async (part: readonly StoreOperation[]) => ({ revision: commits.push(part) });
  await commitInParts({ commit }, operations(count));
  expect(commits.map(({ length }) => length)).toEqual(sizes);
  expect(commits.flat()).toEqual(operations(count));
});

test("nothing is committed after a commit that fails", async () => {
  let commits = 0;
  const commit = async () => {
    commits += 1;
    if (commits === 2) throw new Error("the store is away");
    return { revision: commits };
  };
  await expect(commitInParts({ commit }, operations(150))).rejects.toThrow("the store is away");
  expect(commits).toBe(2);
});
