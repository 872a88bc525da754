import { expect, test } from "vitest";
import type { OfferRefusal, RefusalKind } from "../offer-fit/offer-refusal.ts";
import { AgentNumbers, exampleLimit, freshMs, RejectionHistory } from "./rejection-history.ts";

const of = (host: string, kind: RefusalKind, words = `lacks ${kind}`): OfferRefusal => ({
  agentId: `S-${host}`,
  hostname: host,
  role: "cke",
  kind,
  words,
});
const many = (count: number, kind: RefusalKind, prefix: string = kind) =>
  Array.from({ length: count }, (_, index) => of(`${prefix}${index}`, kind));
const memory = () => new RejectionHistory(new AgentNumbers());
const now = 1_900_000_000_000;

test("a few agents are all kept with their words; the newest reasons count", () => {
  const m = memory();
  m.note([of("a", "cpus", "has cpus 2 of 4.5"), of("a", "mem", "has mem 1 of 2"), of("b", "host")], now);
  m.note([of("b", "role")], now + 1_000);
  expect(m.summary(now + 2_000)).toEqual({
    agents: 2,
    counts: new Map([
      ["role", 1],
      ["cpus", 1],
      ["mem", 1],
    ]),
    examples: [
      {
        hostname: "a",
        role: "cke",
        reasons: [
          { kind: "cpus", words: "has cpus 2 of 4.5" },
          { kind: "mem", words: "has mem 1 of 2" },
        ],
        atMs: now,
      },
      { hostname: "b", role: "cke", reasons: [{ kind: "role", words: "lacks role" }], atMs: now + 1_000 },
    ],
    newestMs: now + 1_000,
  });
});

test("an agent that offers to two roles is counted for each", () => {
  const m = memory();
  m.note([of("a", "role"), { ...of("a", "cpus"), role: "prod" }], now);
  expect(m.summary(now).agents).toBe(2);
});

test("of thousands of agents all are counted, a few are named, and every kind has an example", () => {
  const m = memory();
  m.note(many(5_000, "cpus"), now);
  m.note(many(3_000, "host"), now + 2_000);
  m.note([of("odd", "ports", "has port 80 in use by x/y")], now + 3_000);
  const { agents, counts, examples } = m.summary(now + 4_000);
  expect(agents).toBe(8_001);
  expect(counts).toEqual(
    new Map([
      ["cpus", 5_000],
      ["host", 3_000],
      ["ports", 1],
    ]),
  );
  expect(examples).toHaveLength(exampleLimit);
  expect(new Set(examples.map(({ reasons }) => reasons[0]?.kind))).toEqual(new Set(["cpus", "host", "ports"]));
});

test.each([0, 60_000, freshMs - 20_000, freshMs + 20_000, 40 * 60_000, 2_560_000, 10_000_000])(
  "what was not offered again is forgotten in time: after %i ms",
  (passed) => {
    const m = memory();
    m.note(many(30, "cpus"), now);
    // Others keep the memory in use meanwhile.
    for (let ms = 15_000; ms < passed; ms += 15_000) m.note([of("busy", "host")], now + ms);
    const { agents, examples, counts } = m.summary(now + passed);
    const fresh = passed < freshMs;
    expect(counts.get("cpus") ?? 0).toBe(fresh ? 30 : 0);
    expect(agents).toBe((fresh ? 30 : 0) + (passed > 15_000 ? 1 : 0));
    expect(examples.some(({ hostname }) => hostname === "cpus5")).toBe(fresh);
  },
);

test("memory stays small: 400 needs and 2,000 agents", () => {
  const numbers = new AgentNumbers();
  const refusals = many(2_000, "cpus");
  const collect = () => {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  };
  const before = collect();
  const memories = Array.from({ length: 400 }, () => new RejectionHistory(numbers));
  for (const one of memories) one.note(refusals, now);
  const perRequest = (collect() - before) / memories.length;
  expect(memories[0]?.summary(now).agents).toBe(2_000);
  // Garbage of the loop included; kept one by one they would be some 300 KB.
  expect(perRequest).toBeLessThan(100_000);
});

test("agents without end are numbered anew, and nothing is mixed up", () => {
  const numbers = new AgentNumbers();
  const m = new RejectionHistory(numbers);
  for (let round = 0; round < 6; round++) m.note(many(10_000, "cpus", `r${round}-`), now);
  expect(numbers.generation).toBe(1);
  expect(m.summary(now).agents).toBe(10_000);
});
