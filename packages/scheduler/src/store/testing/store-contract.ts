// The contract of every store, as tests. The test file of each store registers them with a function that opens an empty
// store.
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type CommitGuard, type Store, StoreError, type StoreOperation } from "../store.ts";
import { maxValueBytes } from "../store-limits.ts";

export interface OpenedStore {
  readonly store: Store;
  /** Opens the same data again, as the next run of the scheduler would; undefined for a store that keeps nothing. */
  readonly reopen: (() => Promise<Store>) | undefined;
  readonly end: () => Promise<void>;
}

/** Registers the tests in the current `describe`. `runs`: number of random runs. */
export function storeContract(open: () => Promise<OpenedStore>, runs: number): void {
  let opened: OpenedStore;
  let store: Store;
  beforeEach(async () => {
    opened = await open();
    store = opened.store;
  });
  afterEach(() => opened.end());

  it("gives back what was put, with the revision that put it", async () => {
    const value = { text: "ä\u0000\n", list: [1, 2.5, null, true], nested: { a: {} } };
    expect(await store.commit([{ op: "put", key: "a/b", value }])).toEqual({ revision: 1 });
    expect(await store.get("a/b")).toEqual({ key: "a/b", value, revision: 1 });
    await store.commit([{ op: "put", key: "other", value: 0 }]);
    expect((await store.get("a/b"))?.revision).toBe(1);
    await store.commit([{ op: "put", key: "a/b", value: "new" }]);
    expect(await store.get("a/b")).toEqual({ key: "a/b", value: "new", revision: 3 });
  });

  it("knows nothing of what was never put or was deleted", async () => {
    expect(await store.get("a")).toBeUndefined();
    await store.commit([{ op: "put", key: "a", value: 1 }]);
    await store.commit([
      { op: "delete", key: "a" },
      { op: "delete", key: "never" },
    ]);
    expect(await store.get("a")).toBeUndefined();
    expect(await store.list("")).toEqual([]);
  });

  it("lists exactly the keys below a prefix, in order", async () => {
    const keys = ["a/2", "a/10", "a/x/y", "ab/1", "a", "b", "a-/1", "a0", ".", "../x", "a/.."];
    await store.commit(keys.map((key) => ({ op: "put", key, value: key })));
    expect((await store.list("a/")).map(({ key }) => key)).toEqual(["a/..", "a/10", "a/2", "a/x/y"]);
    expect((await store.list("")).map(({ key, value }) => [key, value])).toEqual(
      keys.toSorted().map((key) => [key, key]),
    );
    expect(await store.list("none/")).toEqual([]);
    expect(await store.keys("a/")).toEqual(["a/..", "a/10", "a/2", "a/x/y"]);
    expect(await store.keys("")).toEqual(keys.toSorted());
    expect(await store.keys("none/")).toEqual([]);
  });

  it("applies all operations of a commit or none", async () => {
    await store.commit([{ op: "put", key: "a", value: 1 }]);
    const circular: unknown[] = [];
    circular.push(circular);
    for (const bad of [undefined, () => 1, 1n, circular, "x".repeat(maxValueBytes)]) {
      const commit = store.commit([
        { op: "delete", key: "a" },
        { op: "put", key: "b", value: bad },
      ]);
      await expect(commit).rejects.toThrow();
    }
    expect((await store.list("")).map(({ key }) => key)).toEqual(["a"]);
    expect(await store.commit([])).toEqual({ revision: 1 });
  });

  it("refuses a value that is too large, at once and by a code of its own; what is committed beside it is stored", async () => {
    const large = "x".repeat(maxValueBytes);
    const commits = await Promise.allSettled([
      store.commit([{ op: "put", key: "before", value: 1 }]),
      store.commit([{ op: "put", key: "large", value: large }]),
      store.commit([
        { op: "put", key: "beside", value: 1 },
        { op: "put", key: "large", value: large },
      ]),
      store.commit([{ op: "put", key: "after", value: 1 }]),
    ]);
    expect(commits).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "store_too_large", status: 422, retryable: false } },
      { status: "rejected", reason: { code: "store_too_large" } },
      { status: "fulfilled" },
    ]);
    expect((await store.list("")).map(({ key }) => key)).toEqual(["after", "before"]);
    expect(await store.healthy()).toBe(true);
  });

  it("keeps its own copy of values", async () => {
    const value = { list: [1] };
    const commit = store.commit([{ op: "put", key: "a", value }]);
    value.list.push(2);
    await commit;
    expect((await store.get("a"))?.value).toEqual({ list: [1] });
  });

  it("commits under a guard only when every expectation holds", async () => {
    const put = { op: "put", key: "a", value: 1 } as const;
    await store.commit([put], { expect: [{ key: "a", revision: 0 }] });
    for (const expected of [
      [{ key: "a", revision: 0 }],
      [
        { key: "a", revision: 1 },
        { key: "b", revision: 7 },
      ],
    ]) {
      await expect(store.commit([{ ...put, value: 2 }], { expect: expected })).rejects.toMatchObject({
        code: "conflict",
        status: 409,
        retryable: true,
      });
    }
    expect(await store.get("a")).toMatchObject({ value: 1, revision: 1 });
    expect(await store.commit([put], { expect: [{ key: "a", revision: 1 }] })).toEqual({ revision: 2 });
  });

  it.each(["", "/a", "a/", "a//b", "a b", "ä", "x".repeat(513)])("refuses the key %j", async (key) => {
    await expect(store.get(key)).rejects.toMatchObject({ code: "store_invalid_key" });
    await expect(store.commit([{ op: "put", key, value: 1 }])).rejects.toMatchObject({ code: "store_invalid_key" });
  });

  it("refuses a prefix that ends inside a segment, and a key that occurs twice", async () => {
    await expect(store.list("a")).rejects.toMatchObject({ code: "store_invalid_key" });
    const twice = store.commit([
      { op: "put", key: "a", value: 1 },
      { op: "delete", key: "a" },
    ]);
    await expect(twice).rejects.toMatchObject({ code: "store_invalid_key" });
  });

  it("carries out commits that are made without waiting in their order", async () => {
    const commits = Array.from({ length: 300 }, (_, index) => store.commit([{ op: "put", key: "k", value: index }]));
    const revisions = (await Promise.all(commits)).map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    expect(await store.get("k")).toEqual({ key: "k", value: 299, revision: 300 });
  });

  it("takes a commit of many and large values as a whole", async () => {
    const large = 'ö"x'.repeat(170_000);
    const many = Array.from({ length: 1_500 }, (_, index) => ({ op: "put", key: `m/${index}`, value: index }) as const);
    await store.commit([
      { op: "put", key: "m/0", value: "old" },
      { op: "put", key: "gone", value: 1 },
    ]);
    const operations: StoreOperation[] = [
      ...many,
      ...[1, 2, 3].map((index) => ({ op: "put", key: `l/${index}`, value: large }) as const),
      { op: "delete", key: "gone" },
    ];
    // One after the other: a commit that waits for long behind a large one is refused.
    const whole = { expect: [{ key: "gone", revision: 1 }] };
    expect(await store.commit(operations, whole)).toEqual({ revision: 2 });
    expect(await store.commit([{ op: "put", key: "m/7", value: "after" }])).toEqual({ revision: 3 });
    await expect(store.commit(operations, whole)).rejects.toMatchObject({ code: "conflict" });
    const check = async (from: Store) => {
      const all = await from.list("");
      expect(all.length).toBe(1_503);
      expect(all.every(({ key, revision }) => revision === (key === "m/7" ? 3 : 2))).toBe(true);
      expect((await from.get("l/3"))?.value).toBe(large);
    };
    await check(store);
    if (opened.reopen !== undefined) await check(await opened.reopen());
  });

  it("does as a model does, whatever the operations", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(commitOf, { maxLength: 4 }), { maxLength: 6 }), async (rounds) => {
        round += 1;
        await compareWithModel(store, `r${round}`, rounds);
      }),
      { numRuns: runs, seed: 20_261_125 },
    );
    if (opened.reopen !== undefined) {
      const before = await store.list("");
      expect(await (await opened.reopen()).list("")).toEqual(before);
    }
  });

  it("tells whether it answers, and refuses everything after close", async () => {
    expect(await store.healthy()).toBe(true);
    await store.close();
    await store.close();
    expect(await store.healthy()).toBe(false);
    await expect(store.get("a")).rejects.toMatchObject({ code: "store_closed", status: 503 });
    await expect(store.commit([])).rejects.toMatchObject({ code: "store_closed" });
  });
}

interface RandomCommit {
  readonly changes: readonly { readonly key: string; readonly value: unknown; readonly remove: boolean }[];
  /** The key of the guard, and whether the guard expects the true revision. */
  readonly guard: { readonly key: string; readonly right: boolean } | undefined;
}

const keys = fc.constantFrom("a", "b", "c/d", "c/e", "f");
const commitOf: fc.Arbitrary<RandomCommit> = fc.record({
  changes: fc.uniqueArray(fc.record({ key: keys, value: fc.jsonValue({ maxDepth: 2 }), remove: fc.boolean() }), {
    selector: ({ key }) => key,
    maxLength: 4,
  }),
  guard: fc.option(fc.record({ key: keys, right: fc.boolean() }), { nil: undefined }),
});

/** Makes all commits of a round at once. The model carries them out one after the other, and both must agree. */
async function compareWithModel(
  store: Store,
  base: string,
  rounds: readonly (readonly RandomCommit[])[],
): Promise<void> {
  const model = new Map<string, { readonly value: unknown; readonly revision: number }>();
  let revision = (await store.commit([])).revision;
  for (const round of rounds) {
    const expected: unknown[] = [];
    const results = round.map(({ changes, guard }) => {
      const present = model.get(guard?.key ?? "")?.revision ?? 0;
      const expectation: CommitGuard | undefined = guard && {
        expect: [{ key: `${base}/${guard.key}`, revision: guard.right ? present : present + 1 }],
      };
      if (guard !== undefined && !guard.right) expected.push("conflict");
      else {
        if (changes.length > 0) revision += 1;
        for (const { key, value, remove } of changes) {
          if (remove) model.delete(key);
          else model.set(key, { value: JSON.parse(JSON.stringify(value)), revision });
        }
        expected.push(revision);
      }
      const operations = changes.map(
        ({ key, value, remove }): StoreOperation =>
          remove ? { op: "delete", key: `${base}/${key}` } : { op: "put", key: `${base}/${key}`, value },
      );
      return store.commit(operations, expectation).then(
        (result) => result.revision,
        (error: unknown) => (error instanceof StoreError ? error.code : error),
      );
    });
    expect(await Promise.all(results)).toEqual(expected);
    const listed = await store.list(`${base}/`);
    expect(listed.map(({ key, ...entry }) => [key, entry])).toEqual(
      [...model]
        .map(([key, entry]) => [`${base}/${key}`, entry])
        .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
    );
  }
}
