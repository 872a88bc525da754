import { expect, test } from "vitest";
import { addBags, allocateTo, type Bag, containsBag, mergeRanges, subtractBags, sumBags, unallocated } from "./bag.ts";
import { bagText, refined, unrefined } from "./format.ts";
import { Ledger } from "./ledger.ts";
import { parseAttributes, parseResources } from "./parse.ts";

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const same = (a: Bag, b: Bag) => containsBag(a, b) && containsBag(b, a);

test("resources of a command line", () => {
  expect(bagText(parseResources("cpus:8;mem(dev):16384.5;ports:[31000-31010, 31005-32000];set:{a,b}"))).toBe(
    "cpus:8; mem(reservations: [(STATIC,dev)]):16384.5; ports:[31000-32000]; set:{a, b}",
  );
  expect(parseAttributes("rack:r1;level:3")).toEqual([
    { name: "rack", type: "TEXT", text: { value: "r1" } },
    { name: "level", type: "SCALAR", scalar: { value: 3 } },
  ]);
  for (const bad of ["cpus", "cpus:", "cpus:x", "ports:[9-1]", "ports:[a]"])
    expect(() => parseResources(bad)).toThrow();
});

test.each([
  [[], []],
  [
    [
      { begin: 5, end: 9 },
      { begin: 1, end: 4 },
      { begin: 20, end: 30 },
      { begin: 25, end: 26 },
    ],
    [
      { begin: 1, end: 9 },
      { begin: 20, end: 30 },
    ],
  ],
])("ranges %j merge to %j", (ranges, merged) => {
  expect(mergeRanges(ranges)).toEqual(merged);
});

test("scalars keep three decimals", () => {
  const tenths = Array.from({ length: 10 }, () => parseResources("cpus:0.1"));
  expect(sumBags(tenths)[0]?.scalar?.value).toBe(1);
});

test("reservations go to the other format and back", () => {
  const dynamic = {
    name: "disk",
    type: "SCALAR",
    scalar: { value: 1 },
    reservations: [{ type: "DYNAMIC", role: "dev", principal: "me" }],
  } as const;
  expect(unrefined(dynamic)).toEqual({
    name: "disk",
    type: "SCALAR",
    scalar: { value: 1 },
    role: "dev",
    reservation: { principal: "me" },
  });
  expect(refined(unrefined(dynamic))).toEqual(dynamic);
  const plain = { name: "cpus", type: "SCALAR", scalar: { value: 1 } } as const;
  expect(refined(unrefined(plain))).toEqual(plain);
});

test.each([1, 2, 3, 4, 5])("what is taken and given back adds up (seed %i)", (seed) => {
  const random = seeded(seed);
  const total = parseResources("cpus:8;mem:16384;disk(dev):100;ports:[31000-31099]");
  const ledger = new Ledger(total);
  const holders = new Set<string>();
  for (let step = 0; step < 300; step += 1) {
    const holder = `task:f/${random(20)}`;
    const begin = 31000 + random(100);
    const wanted = parseResources(
      `cpus:${random(30) / 10};mem:${random(4000)};disk(dev):${random(30)};ports:[${begin}-${begin + random(10)}]`,
    );
    const before = ledger.available;
    const bag = allocateTo(addBags(wanted, []), "dev");
    if (holders.has(holder)) {
      ledger.release(holder);
      holders.delete(holder);
    } else if (containsBag(before, unallocated(bag))) {
      ledger.take(holder, bag);
      holders.add(holder);
      expect(same(addBags(ledger.available, unallocated(bag)), before)).toBe(true);
    } else {
      expect(() => ledger.take(holder, bag)).toThrow();
      expect(same(ledger.available, before)).toBe(true);
    }
    ledger.check();
  }
  for (const holder of holders) ledger.release(holder);
  expect(same(ledger.available, total)).toBe(true);
  expect(subtractBags(ledger.available, total)).toEqual([]);
});
