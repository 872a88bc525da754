// Plans of whole workloads: tables of single decisions, and a property over long runs with pauses, skips, failures and
// restarts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  actionOf,
  entryKey,
  type PlanEntry,
  type PlanStage,
  type WorkloadPlan,
  workloadPlanSchema,
} from "../records/plan-record.ts";
import {
  advanced,
  newWorkloadPlan,
  outlookOf,
  skipInPlan,
  turnReason,
  type UnitProgress,
  unskipInPlan,
} from "./workload-plan.ts";

const asked = { sinceMs: 1, by: "ann" };
const open: UnitProgress = { state: "open", reason: "runs" };
const reached: UnitProgress = { state: "reached" };
const failed: UnitProgress = { state: "failed", reason: "broken" };
const away: UnitProgress = { state: "away", reason: "out of reach" };

const stages = (...list: readonly (readonly [string, number | undefined])[]): readonly PlanStage[] =>
  list.map(([units, atOnce], index) => ({
    name: `s${index}`,
    units: units.split(""),
    ...(atOnce === undefined ? {} : { atOnce }),
  }));
const plan = (list: readonly PlanStage[], more: Partial<WorkloadPlan> = {}): WorkloadPlan => ({
  ...newWorkloadPlan("stop", list, asked),
  ...more,
});
const look = (of: WorkloadPlan, progress: Readonly<Record<string, UnitProgress>>, paused = "") =>
  outlookOf(
    of,
    (entry) => progress[entryKey(entry)] ?? open,
    () => paused,
  );
const stop = (unit: string): PlanEntry => ({ action: "stop", unit });
const statuses = (outlook: ReturnType<typeof look>) =>
  Object.fromEntries(outlook.stages.flatMap(({ units }) => units.map(({ unit, status }) => [unit, status])));

describe("one look", () => {
  const two = stages(["ab", undefined], ["mn", 1]);
  const skipped = [{ unit: "a", ...asked }];
  test.each<
    [string, WorkloadPlan, Readonly<Record<string, UnitProgress>>, string, string, Readonly<Record<string, string>>]
  >([
    ["all of the first stage begin", plan(two), {}, "ab", "", { a: "going", b: "going", m: "waiting", n: "waiting" }],
    [
      "one of it is left",
      plan(two, { begun: ["a", "b"] }),
      { a: reached },
      "",
      "",
      { a: "done", b: "going", m: "waiting" },
    ],
    [
      "it is done: one of the next",
      plan(two, { begun: ["a", "b"] }),
      { a: reached, b: reached },
      "m",
      "",
      { m: "going", n: "waiting" },
    ],
    [
      "that one is at work",
      plan(two, { begun: ["a", "b", "m"], done: ["a", "b"] }),
      {},
      "",
      "",
      { m: "going", n: "waiting" },
    ],
    [
      "it failed: nobody else",
      plan(two, { begun: ["a", "b", "m"], done: ["a", "b"] }),
      { m: failed },
      "",
      "m: broken",
      { m: "failed", n: "waiting" },
    ],
    [
      "one is away: it is not waited for",
      plan(two, { begun: ["a", "b"] }),
      { a: away, b: reached },
      "m",
      "",
      { a: "away", m: "going" },
    ],
    [
      "only one that is away is left",
      plan(two, { begun: ["a", "b", "m", "n"], done: ["b", "m", "n"] }),
      { a: away },
      "",
      "a: out of reach",
      { a: "away" },
    ],
    [
      "one is skipped",
      plan(two, { begun: ["a", "b"], done: ["b"], skipped }),
      { a: open },
      "m",
      "",
      { a: "skipped", m: "going" },
    ],
    [
      "what was done once stays done",
      plan(two, { begun: ["a", "b"], done: ["a", "b"] }),
      { a: open, b: failed },
      "m",
      "",
      { a: "done", b: "done" },
    ],
  ])("%s", (_title, of, progress, begin, waits, expected) => {
    const outlook = look(of, progress);
    expect(outlook.begin.map(entryKey).join("")).toBe(begin);
    expect(outlook.waits).toBe(waits);
    expect(statuses(outlook)).toMatchObject(expected);
    expect(outlook.finished).toBe(false);
  });

  test("a pause lets go on what has begun, and nothing else begins", () => {
    const outlook = look(plan(stages(["abc", 2]), { begun: ["a"] }), {}, "paused by ann");
    expect(outlook.begin).toEqual([]);
    expect(statuses(outlook)).toEqual({ a: "going", b: "waiting", c: "waiting" });
    const idle = look(plan(stages(["ab", 1])), {}, "paused by ann");
    expect(idle.waits).toBe("paused by ann");
  });

  test("an end needs every unit, or a word for it", () => {
    const of = plan(stages(["ab", undefined]), { begun: ["a", "b"], skipped });
    expect(look(of, { b: reached }).finished).toBe(true);
    expect(look(unskipInPlan(of, undefined), { b: reached }).finished).toBe(false);
    expect(look(plan([]), {}).finished).toBe(true);
  });

  test("a unit waits for its turn, and not once it has begun or is skipped", () => {
    const of = plan(two, { begun: ["a", "b"] });
    const outlook = look(of, {});
    expect(turnReason(of, outlook, "m")).toBe("it waits for a, b");
    expect(turnReason(of, outlook, "a")).toBe("");
    expect(turnReason(of, outlook, "elsewhere")).toBe("");
    // It may begin, and that is not stored yet.
    expect(turnReason(plan(two), look(plan(two), {}), "a")).toBe("runs");
  });

  test("a skip and its end change what they are for, and nothing else", () => {
    const of = plan(two, { begun: ["a", "b"], done: ["b"] });
    expect(skipInPlan(of, stop("b"), asked)).toBe(of);
    expect(skipInPlan(of, stop("x"), asked)).toBe(of);
    const less = skipInPlan(of, stop("a"), asked);
    expect(less.skipped).toEqual(skipped);
    expect(skipInPlan(less, stop("a"), asked)).toBe(less);
    expect(unskipInPlan(less, "b")).toBe(less);
    expect(unskipInPlan(less, "a").skipped).toEqual([]);
  });
});

type Act =
  | { readonly kind: "tick" }
  | { readonly kind: "restart" }
  | { readonly kind: "pause"; readonly on: boolean }
  | { readonly kind: "turn"; readonly unit: number; readonly to: UnitProgress["state"] }
  | { readonly kind: "skip"; readonly unit: number }
  | { readonly kind: "unskip" };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Act>({ kind: "tick" }) },
  { weight: 2, arbitrary: fc.constant<Act>({ kind: "restart" }) },
  { weight: 1, arbitrary: fc.boolean().map((on): Act => ({ kind: "pause", on })) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.nat({ max: 7 }),
        fc.constantFrom<UnitProgress["state"]>("reached", "reached", "reached", "failed", "away", "open"),
      )
      .map(([unit, to]): Act => ({ kind: "turn", unit, to })),
  },
  { weight: 1, arbitrary: fc.nat({ max: 7 }).map((unit): Act => ({ kind: "skip", unit })) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "unskip" }) },
);
const shape = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    fc.option(fc.constantFrom("drain", "remove"), { nil: undefined }),
  ),
  {
    minLength: 1,
    maxLength: 3,
  },
);

test("never more at once than the plan says, no stage before its turn, and a plan ends or says why it waits", () => {
  let ends = 0;
  fc.assert(
    fc.property(shape, fc.array(act, { minLength: 20, maxLength: 150 }), (sizes, acts) => {
      let count = 0;
      const list = sizes.map(([size, atOnce, action], index): PlanStage => {
        const units = Array.from({ length: size }, () => `u${count++}`);
        return {
          name: `s${index}`,
          units,
          ...(atOnce === undefined ? {} : { atOnce }),
          ...(action === undefined ? {} : { action }),
        };
      });
      const entries = list.map((stage) => stage.units.map((unit) => ({ action: actionOf(stage), unit })));
      let stored = newWorkloadPlan("stop", list, asked);
      const world = new Map<string, UnitProgress["state"]>();
      let paused = "";
      const names = entries.flat();
      const progressOf = (entry: PlanEntry): UnitProgress => {
        const state = world.get(entryKey(entry)) ?? "open";
        return state === "reached" ? { state } : { state, reason: `${entryKey(entry)} is ${state}` };
      };
      const isWaitedFor = (entry: PlanEntry) =>
        !stored.done.includes(entryKey(entry)) &&
        !stored.skipped.some((one) => one.unit === entry.unit) &&
        ["open", "failed"].includes(progressOf(entry).state);
      const begunIn = (plan: WorkloadPlan, entry: PlanEntry) => plan.begun.includes(entryKey(entry));
      const suspended = () => paused;
      for (const one of acts) {
        const name = "unit" in one ? names[one.unit] : undefined;
        if (one.kind === "pause") paused = one.on ? "it is paused" : "";
        else if (one.kind === "unskip") stored = unskipInPlan(stored, undefined);
        // A unit whose turn has not come only goes out of reach and comes back.
        else if (one.kind === "turn" && name !== undefined) {
          const begun = begunIn(stored, name);
          if (begun || one.to === "away" || one.to === "open") world.set(entryKey(name), one.to);
        } else if (one.kind === "skip" && name !== undefined && begunIn(stored, name))
          stored = skipInPlan(stored, name, asked);
        else if (one.kind === "restart") {
          const text = JSON.stringify(stored);
          const next = workloadPlanSchema.parse(JSON.parse(text));
          expect(outlookOf(next, progressOf, suspended)).toEqual(outlookOf(stored, progressOf, suspended));
          stored = next;
        } else if (one.kind === "tick") {
          const outlook = outlookOf(stored, progressOf, suspended);
          for (const { unit } of outlook.begin) {
            expect(paused).toBe("");
            const at = list.findIndex(({ units }) => units.includes(unit));
            expect(entries.slice(0, at).flat().filter(isWaitedFor)).toEqual([]);
          }
          list.forEach(({ units, atOnce = units.length }, index) => {
            const begins = outlook.begin.filter(({ unit }) => units.includes(unit));
            if (begins.length === 0) return;
            const atWork = (entries[index] ?? []).filter((entry) => begunIn(stored, entry) && isWaitedFor(entry));
            expect(atWork.length + begins.length, `stage ${index}`).toBeLessThanOrEqual(atOnce);
          });
          if (outlook.finished) {
            ends += 1;
            return;
          }
          const moves = outlook.begin.length > 0 || outlook.reached.length > 0;
          const going = outlook.stages.some((stage) => stage.units.some(({ status }) => status === "going"));
          if (!moves && !going) expect(outlook.waits).not.toBe("");
          stored = advanced(stored, outlook, 1);
          expect(new Set(stored.begun).size).toBe(stored.begun.length);
          expect(new Set(stored.done).size).toBe(stored.done.length);
        }
      }
      // Left alone, the plan ends when every unit that has begun reaches the goal.
      paused = "";
      stored = unskipInPlan(stored, undefined);
      for (const name of names.map(entryKey)) if (world.get(name) !== "reached") world.set(name, "open");
      for (let round = 0; round < names.length * 2 + 2; round += 1) {
        const outlook = outlookOf(stored, progressOf, suspended);
        if (outlook.finished) return;
        stored = advanced(stored, outlook, 1);
        for (const key of stored.begun) world.set(key, "reached");
      }
      expect(outlookOf(stored, progressOf, suspended).finished).toBe(true);
    }),
    { numRuns: 2_000, seed: 9 },
  );
  expect(ends).toBeGreaterThan(100);
});
