// The fenced store over a storage in memory that has faults: seeded faults, and a crash at every possible transaction.
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { currentFormat, type Migration, migrated, migrations } from "../migrations/migrations.ts";
import { storeOf4831b99 } from "../migrations/testing/earlier-stores.ts";
import { StoreError, type StoreOperation } from "../store.ts";
import { maxValueBytes } from "../store-limits.ts";
import { TermLease } from "../term-lease.ts";
import { type Fault, MemoryBackend, MemoryServer } from "../testing/memory-backend.ts";
import { FencedStore } from "./fenced-store.ts";

/** Sleeps end at once, so that thousands of retries take no time. */
const clock: Clock = { ...systemClock, sleep: async () => new Promise((resolve) => setTimeout(resolve, 1)) };

async function openTerm(server: MemoryServer, fault: () => Fault = () => "none", migrations?: readonly Migration[]) {
  const lease = new TermLease(clock, Number.POSITIVE_INFINITY);
  const backend = new MemoryBackend(server, () => {
    const next = fault();
    if (next.startsWith("death")) lease.lose("the process has died");
    return next;
  });
  const store = await FencedStore.open({
    backend,
    lease,
    clock,
    logger: silentLogger,
    where: "memory",
    patienceMs: 60_000,
    ...(migrations === undefined ? {} : { migrations }),
  });
  return { store, lease };
}

const puts = (from: number, to: number, value: unknown): StoreOperation[] =>
  Array.from({ length: to - from }, (_, index) => ({ op: "put", key: `k/${from + index}`, value }));

describe("a process that dies", () => {
  // A commit of 10 keys with transactions of 4: opening, parts, decision, three pieces, end.
  test.each(
    Array.from({ length: 10 }, (_, transactions) => transactions).flatMap((transactions) =>
      (["death before", "death after"] as const).map((fault) => [fault, transactions] as const),
    ),
  )("B9: leaves a large commit whole or undone: %s transaction %i", async (fault, transactions) => {
    const server = new MemoryServer();
    const first = await openTerm(server);
    await first.store.commit(puts(0, 4, "old"));
    let left = transactions;
    const second = await openTerm(server, () => {
      left -= 1;
      return left === -2 ? fault : "none"; // opening the term takes one transaction
    });
    const result = await second.store
      .commit([...puts(0, 3, "new"), { op: "delete", key: "k/3" }, ...puts(4, 10, "new")])
      .catch((error: unknown) => error);
    const third = await openTerm(server);
    const listed = await third.store.list("");
    const state = listed.map(({ key, value, revision }) => `${key}=${value}@${revision}`);
    const old = ["k/0=old@1", "k/1=old@1", "k/2=old@1", "k/3=old@1"];
    const fresh = [0, 1, 2, 4, 5, 6, 7, 8, 9].map((index) => `k/${index}=new@2`);
    if (!(result instanceof StoreError)) expect(state).toEqual(fresh);
    expect([old, fresh]).toContainEqual(state);
    expect([...server.texts.keys()].filter((key) => key.startsWith("journal/"))).toEqual([]);
    await third.store.commit(puts(20, 21, "next"));
  });
});

describe("lost calls, lost answers and calls that come late", () => {
  const faults = fc.array(fc.constantFrom<Fault>("none", "none", "lost call", "lost answer", "late"), {
    minLength: 1,
    maxLength: 40,
  });
  const commits = fc.array(fc.record({ key: fc.nat(6), count: fc.integer({ min: 1, max: 9 }), wait: fc.boolean() }), {
    maxLength: 12,
  });

  test("B9: every commit that is answered was carried out once and in its order", async () => {
    await fc.assert(
      fc.asyncProperty(faults, commits, async (sequence, plan) => {
        const server = new MemoryServer();
        let at = 0;
        const { store } = await openTerm(server, () => sequence[at++] ?? "none");
        const model = new Map<string, string>();
        const pending: Promise<{ readonly revision: number }>[] = [];
        for (const [index, { key, count, wait }] of plan.entries()) {
          for (let k = key; k < key + count; k += 1) model.set(`k/${k}`, `${index}@${index + 1}`);
          pending.push(store.commit(puts(key, key + count, index)));
          if (wait) await pending.at(-1);
        }
        expect((await Promise.all(pending)).map(({ revision }) => revision)).toEqual(plan.map((_, index) => index + 1));
        const listed = await store.list("");
        expect(new Map(listed.map(({ key, value, revision }) => [key, `${value}@${revision}`]))).toEqual(model);
      }),
      { numRuns: 500, seed: 20_261_125 },
    );
  });

  test("B8: a former leader whose last transaction was lost is told that nothing was stored, and one whose answer was lost that it was", async () => {
    for (const [fault, stored] of [
      ["lost call", false],
      ["late", false],
      ["lost answer", true],
    ] as const) {
      const server = new MemoryServer();
      const first = await openTerm(server);
      await first.store.commit(puts(0, 1, "start"));
      let transactions = 0;
      const former = await openTerm(server, () => {
        transactions += 1;
        return transactions === 2 ? fault : "none";
      });
      const outcome = former.store.commit(puts(1, 2, "former")).catch((error: unknown) => error);
      await vi.waitFor(() => expect(transactions).toBe(2), { interval: 0, timeout: 15_000 });
      if (fault === "late") server.late = [];
      await openTerm(server); // before the transaction is sent again
      if (stored) expect(await outcome).toEqual({ revision: 2 });
      else expect(await outcome).toMatchObject({ code: "not_leader", message: expect.not.stringMatching(/not known/) });
    }
  });

  test("B8: whatever happens to its last transactions, a former leader changes nothing and knows what was stored", async () => {
    await fc.assert(
      fc.asyncProperty(faults, fc.nat(8), fc.integer({ min: 1, max: 4 }), async (sequence, takeOverAt, count) => {
        const server = new MemoryServer();
        const first = await openTerm(server);
        await first.store.commit(puts(0, 1, "start"));
        let at = 0;
        // The former leader's transactions meet faults. At a random transaction another scheduler takes over.
        const former = await openTerm(server, () => {
          const fault = at === 0 ? "none" : (sequence[at] ?? "none");
          at += 1;
          return fault;
        });
        const outcome = former.store.commit(puts(10, 10 + count, "former")).then(
          () => "stored",
          (error: unknown) => (error instanceof StoreError ? error : "other"),
        );
        for (let turn = 0; turn < takeOverAt; turn += 1) await Promise.resolve();
        const next = await openTerm(server);
        const result = await outcome;
        for (const late of server.late.splice(0)) late();
        const found = await next.store.list("k/");
        const stored = found.filter(({ value }) => value === "former").length;
        expect([0, count]).toContain(stored);
        if (result === "stored") expect(stored).toBe(count);
        else if (result instanceof StoreError) {
          expect(result.code).toBe("not_leader");
          if (!/is not known/.test(result.message)) expect(stored).toBe(0);
        } else throw new Error("another error");
        const before = new Map(server.texts);
        await expect(former.store.commit(puts(50, 51, "late"))).rejects.toMatchObject({ code: "not_leader" });
        expect(new Map(server.texts)).toEqual(before);
        await next.store.commit(puts(0, 1, "next"));
      }),
      { numRuns: 500, seed: 20_261_125 },
    );
  });
});

test("B8: a former leader whose answer was lost does not say that nothing was stored when a newer format has followed", async () => {
  const server = new MemoryServer();
  let transactions = 0;
  const former = await openTerm(server, () => {
    transactions += 1;
    return transactions === 2 ? "lost answer" : "none";
  });
  const outcome = former.store.commit(puts(0, 1, "stored")).catch((error: unknown) => error);
  await vi.waitFor(() => expect(transactions).toBe(2), { interval: 0, timeout: 15_000 });
  server.leader += 1;
  server.head = '{"format":99,"revision":2,"id":"newer"}';
  expect(await outcome).toMatchObject({ code: "not_leader", message: expect.stringMatching(/is not known/) });
});

describe("a storage that refuses a transaction", () => {
  // A commit of 10 keys with transactions of 4: parts, decision, three pieces, end.
  test.each(Array.from({ length: 7 }, (_, transaction) => transaction))(
    "B9: transaction %i of a large commit: never half of it, never over what comes later",
    async (transaction) => {
      const server = new MemoryServer();
      let transactions = -1;
      const first = await openTerm(server, () => {
        transactions += 1;
        return transactions === 2 + transaction ? "refused" : "none"; // after the opening and the first commit
      });
      await first.store.commit(puts(0, 4, "old"));
      const result = await first.store.commit(puts(0, 10, "new")).catch((error: unknown) => error);
      const later = await first.store.commit(puts(0, 1, "later")).catch((error: unknown) => error);
      const { store } = await openTerm(server);
      const values = new Map((await store.list("")).map(({ key, value }) => [key, value]));
      const stored = values.get("k/9") === "new";
      if (result instanceof StoreError && !/is not known/.test(result.message)) expect(stored).toBe(false);
      if (!(result instanceof StoreError)) expect(stored).toBe(true);
      expect(values.get("k/0")).toBe(later instanceof StoreError ? (stored ? "new" : "old") : "later");
      expect(values.get("k/1")).toBe(stored ? "new" : "old");
      expect(values.size).toBe(stored ? 10 : 4);
    },
  );
});

describe("what is found at the opening", () => {
  test("an older format is migrated once, also when the first try was cut off", async () => {
    const rewrite: Migration = (entries) => [...entries.keys()].map((key) => ({ op: "put", key, value: "migrated" }));
    const table = [...migrations, rewrite];
    for (let death = 2; death < 9; death += 1) {
      const server = new MemoryServer();
      await (await openTerm(server)).store.commit(puts(0, 6, "old"));
      let transactions = 0;
      const fault = () => {
        transactions += 1;
        return transactions === death ? "death after" : "none";
      };
      await openTerm(server, fault, table).catch(() => {});
      // The number of the new format is written with the decision. From then on this program refuses the store.
      if (JSON.parse(server.head ?? "").format === currentFormat) {
        const { store } = await openTerm(server, () => "none", table);
        expect((await store.list("")).map(({ value }) => value)).toEqual(Array(6).fill("migrated"));
      }
      expect(JSON.parse(server.head ?? "")).toMatchObject({ format: currentFormat + 1 });
      await expect(openTerm(server)).rejects.toMatchObject({ code: "store_format" });
    }
  });

  test("records of clusters become records of workloads, wherever the first try is cut off", async () => {
    const old = storeOf4831b99();
    const expected = migrated(old, 1);
    for (let death = 1; ; death += 1) {
      const server = new MemoryServer();
      await (await openTerm(server)).store.commit([...old].map(([key, value]) => ({ op: "put", key, value })));
      server.head = JSON.stringify({ ...JSON.parse(server.head ?? ""), format: 1 });
      let transactions = 0;
      await openTerm(server, () => (++transactions === death ? "death after" : "none")).catch(() => {});
      const { store } = await openTerm(server);
      expect(new Map((await store.list("")).map(({ key, value }) => [key, value]))).toEqual(expected);
      expect(JSON.parse(server.head ?? "")).toMatchObject({ format: currentFormat });
      if (transactions < death) break;
    }
  });

  test("a leader of an older version finds its own records or a format that it refuses, wherever a migration is cut off", async () => {
    const old = storeOf4831b99();
    for (const limits of [undefined, { changes: 1_000, bytes: 10_000_000 }])
      for (let death = 1; ; death += 1) {
        const server = new MemoryServer(limits);
        await (await openTerm(server)).store.commit([...old].map(([key, value]) => ({ op: "put", key, value })));
        server.head = JSON.stringify({ ...JSON.parse(server.head ?? ""), format: 1 });
        let transactions = 0;
        await openTerm(server, () => (++transactions === death ? "death after" : "none")).catch(() => {});
        if (JSON.parse(server.head ?? "").format === 1) {
          const { store } = await openTerm(server, () => "none", []); // knows no migration
          expect(new Map((await store.list("")).map(({ key, value }) => [key, value]))).toEqual(old);
        }
        if (transactions < death) break;
      }
  });

  test.each([
    [
      '{"format":99,"revision":1,"id":"x"}',
      "store_format",
      /newer cke-scheduler \(format 99, this one knows \d+\): start that/,
    ],
    ["what?", "store_corrupt", /head is not what a cke-scheduler writes: restore/],
    ['{"format":1}', "store_corrupt", /restore the storage from a backup/],
  ])("refuses the head %s", async (head, code, words) => {
    const server = new MemoryServer();
    server.head = head;
    await expect(openTerm(server)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    expect(server.head).toBe(head);
  });

  test("a record that is as large as a store takes is migrated, though it becomes larger", async () => {
    const server = new MemoryServer({ changes: 100, bytes: 2_000_000 });
    const record = { cluster: "c", node: "n", words: "" };
    const words = "x".repeat(maxValueBytes - JSON.stringify(record).length);
    await (await openTerm(server)).store.commit([{ op: "put", key: "nodes/c/n", value: { ...record, words } }]);
    server.head = JSON.stringify({ ...JSON.parse(server.head ?? ""), format: 1 });
    const { store } = await openTerm(server);
    expect(await store.get("units/c/n")).toMatchObject({ value: { workload: "c", unit: "n", words } });
  });

  test("refuses entries without a head", async () => {
    const server = new MemoryServer();
    server.texts.set("data/a", "1 1");
    await expect(openTerm(server)).rejects.toMatchObject({ code: "store_corrupt" });
  });

  test("refuses an entry that is no text of ours when it is read", async () => {
    const server = new MemoryServer();
    const { store } = await openTerm(server);
    await store.commit(puts(0, 1, 1));
    server.texts.set("data/k/0", "nonsense");
    await expect(store.get("k/0")).rejects.toMatchObject({ code: "store_corrupt" });
  });
});
