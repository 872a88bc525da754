// What began before the end of a delete and ends after it leaves nothing behind.

import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { Kinds } from "../../workload/kinds/kinds.ts";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import { newUnitRecord, workloadRecordSchema } from "../../workload/records/records.ts";
import { Ledger } from "../ledger/ledger.ts";
import { WorkQueue } from "../ledger/work-queue.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";
import { WorkloadLogs } from "../workload-log/workload-log.ts";

test.each(["adminToken", "kubeconfig"] as const)(
  "%s that is asked for before a delete, and stores keys after it, stores none",
  async (asked) => {
    const s = await Scenario.running();
    const commit = s.store.commit.bind(s.store);
    const gate = Promise.withResolvers<void>();
    s.store.commit = async (operations, guard) => {
      if (operations.some(({ key, op }) => op === "put" && key.startsWith("pki/"))) await gate.promise;
      return commit(operations, guard);
    };
    const answer = s.clusters[asked]("small", {}).catch((error: unknown) => error);
    await s.clusters.remove("small");
    await s.seconds(5);
    expect(s.clusters.list()).toEqual([]);
    gate.resolve();
    expect(await answer).toMatchObject({ status: 409, code: "cluster_gone" });
    expect(await s.keys()).toEqual(["framework"]);
    await s.clusters.create(smallBody());
    expect(await s.clusters.adminToken("small")).toBe("token-of-small");
  },
);

test("a node's record is not written for a cluster that is gone, or for another instance of it", async () => {
  const store = new MemoryStore();
  const ledger = new Ledger(store, new Kinds([]), new WorkQueue(), new ManualClock());
  const spec = { name: "c", version: "1", network: "n", units: [], ingresses: [], attributes: [], expect: "RUN" };
  const cluster = workloadRecordSchema.parse({ kind: "kubernetes", spec, createdAtMs: 1, deleting: false });
  const record = newUnitRecord("c", "n", "first");
  await ledger.commit({ workload: cluster, units: [record] });
  await ledger.remove("c", []);
  await ledger.commit({ units: [record] });
  await ledger.commitUnits([record]);
  expect(await store.keys("")).toEqual([]);
  await ledger.commit({ workload: { ...cluster, createdAtMs: 2 }, units: [newUnitRecord("c", "n", "second")] });
  await ledger.commit({ units: [{ ...record, failures: 7 }] });
  expect((await store.get("units/c/n"))?.value).toMatchObject({ instance: "second", failures: 0 });
});

test("the log of a cluster keeps 500 entries, and of long lines fewer", () => {
  const logs = new WorkloadLogs(silentLogger, new ManualClock(), () => true);
  for (let index = 0; index < 700; index += 1) logs.line("info", "short", `line ${index}`);
  for (let index = 0; index < 700; index += 1) logs.line("info", "long", `line ${index} ${"x".repeat(100_000)}`);
  const [short, long] = ["short", "long"].map((name) => keptEntries(logs.of(name)));
  expect(short).toHaveLength(500);
  expect(long?.length).toBeLessThan(70);
  expect(JSON.stringify(long).length).toBeLessThan(280_000);
  expect(long?.at(-1)).toMatchObject({ log: expect.stringMatching(/^\[INFO\] line 699 x+\[… \d+ bytes cut …\]x+$/) });
});

test("what is said of a cluster that is gone is not the beginning of the next one's log", () => {
  const known = new Set(["c"]);
  const logs = new WorkloadLogs(silentLogger, new ManualClock(), (name) => known.has(name));
  logs.line("info", "c", "created");
  known.delete("c");
  const first = logs.of("c");
  logs.forget("c", "it is deleted");
  expect(first.end).toEqual({ reason: "it is deleted", over: true });
  logs.line("info", "c", "a late word");
  known.add("c");
  logs.line("info", "c", "created again");
  expect(keptEntries(logs.of("c"))).toMatchObject([{ log: "[INFO] created again" }]);
  // Who resumes after a number of the first one's log has missed nothing of this one's.
  expect(logs.of("c").first).toBeGreaterThanOrEqual(first.next);
});
