import { expect, test } from "vitest";
import { parseBlock } from "../../workload/body/address-block.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import type { ClusterRanges, OwnRanges, RangeKind } from "./cluster-ranges.ts";
import { chooseRanges, freeRange } from "./range-pool.ts";
import { parsePool, type RangePool } from "./range-texts.ts";

const blocks = (...texts: readonly string[]) => texts.flatMap((text) => parseBlock(text) ?? []);
function pool(kind: RangeKind, text: string): RangePool {
  const parsed = parsePool(kind, text);
  if (parsed === undefined) throw new Error(`${text} is no pool`);
  return parsed;
}

test.each<[RangeKind, string, readonly (readonly [string, number])[] | undefined]>([
  ["pods", "10.128.0.0/9", [["10.128.0.0/9", 16]]],
  [
    "pods",
    "10.128.0.0/9:20, 100.64.0.0/10",
    [
      ["10.128.0.0/9", 20],
      ["100.64.0.0/10", 16],
    ],
  ],
  ["pods", "10.244.0.0/20", [["10.244.0.0/20", 20]]],
  ["services", "10.96.0.0/12:24", [["10.96.0.0/12", 24]]],
  ["pods", "", undefined],
  ["pods", "10.128.0.0/9,", undefined],
  ["pods", "10.128.0.1/9", undefined],
  ["pods", "10.128.0.0/9:8", undefined],
  ["pods", "10.128.0.0/9:25", undefined],
  ["pods", "10.128.0.0/9:16:16", undefined],
  ["pods", "0.0.0.0/0", undefined],
  ["pods", "224.0.0.0/8", undefined],
  ["services", "10.0.0.0/8:11", undefined],
  ["services", "10.96.0.0/12:29", undefined],
  ["services", "fd00::/108", undefined],
])("a pool of %s: %s", (kind, text, parts) => {
  const parsed = parsePool(kind, text);
  expect(parsed).toEqual(parts?.map(([range, length]) => ({ ...parseBlock(range), length })));
});

test.each<[string, string, readonly string[], string | undefined]>([
  ["nothing is taken", "10.244.0.0/14", [], "10.244.0.0/16"],
  ["the first is taken", "10.244.0.0/14", ["10.244.0.0/16"], "10.245.0.0/16"],
  ["a hole", "10.244.0.0/14", ["10.244.0.0/16", "10.246.0.0/16"], "10.245.0.0/16"],
  ["in any order", "10.244.0.0/14", ["10.246.0.0/16", "10.245.0.0/16", "10.244.0.0/16"], "10.247.0.0/16"],
  ["an address of it", "10.244.0.0/14", ["10.244.9.9/32"], "10.245.0.0/16"],
  ["the last address of it", "10.244.0.0/14", ["10.244.255.255/32"], "10.245.0.0/16"],
  ["something larger", "10.244.0.0/14:20", ["10.244.0.0/15"], "10.246.0.0/20"],
  ["something larger than the pool", "10.244.0.0/14", ["10.0.0.0/8"], undefined],
  [
    "something smaller and something larger inside it",
    "10.244.0.0/14:20",
    ["10.244.0.0/16", "10.244.1.0/24"],
    "10.245.0.0/20",
  ],
  ["all", "10.244.0.0/15", ["10.244.0.0/16", "10.245.0.0/16"], undefined],
  ["all of the first range", "10.244.0.0/16,10.10.0.0/15", ["10.244.0.0/16"], "10.10.0.0/16"],
  ["others", "10.244.0.0/14", ["10.243.0.0/16", "10.248.0.0/16"], "10.244.0.0/16"],
  ["the end of the address space", "192.0.0.0/8:24", ["192.0.0.0/9", "192.128.0.0/9"], undefined],
])("a free range where there is taken: %s", (_what, text, taken, range) => {
  expect(freeRange(pool("pods", text), blocks(...taken))).toBe(range);
});

test("a pool of 4,096 ranges gives each of them once, and again what is given back", () => {
  const all = pool("pods", "10.0.0.0/8:20");
  const given: string[] = [];
  for (let next = freeRange(all, []); next !== undefined && given.length < 200; next = freeRange(all, blocks(...given)))
    given.push(next);
  expect(new Set(given).size).toBe(200);
  expect(freeRange(all, blocks(...given.toSpliced(77, 1)))).toBe(given[77]);
});

const pools = { pods: pool("pods", "10.244.0.0/14"), services: pool("services", "10.96.0.0/14") };
const same = pool("services", "10.244.0.0/14");
const other: ClusterRanges = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };

test.each<[string, Partial<Parameters<typeof chooseRanges>[0]>, OwnRanges, readonly RangeKind[]]>([
  ["the first cluster", {}, { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }, []],
  ["the second one", { others: [other] }, { podCidr: "10.245.0.0/16", serviceCidr: "10.97.0.0/16" }, []],
  ["no pools", { pools: {}, others: [other] }, {}, []],
  ["a pool of pods only", { pools: { pods: pools.pods }, others: [other] }, { podCidr: "10.245.0.0/16" }, []],
  [
    "a body that names one",
    { asked: { podCidr: "10.9.0.0/16" }, others: [other] },
    { podCidr: "10.9.0.0/16", serviceCidr: "10.97.0.0/16" },
    [],
  ],
  [
    "a body that names one of the pool for the other kind",
    { asked: { serviceCidr: "10.244.0.0/16" } },
    { podCidr: "10.245.0.0/16", serviceCidr: "10.244.0.0/16" },
    [],
  ],
  [
    "one pool for both",
    { pools: { pods: pools.pods, services: same }, others: [other] },
    { podCidr: "10.245.0.0/16", serviceCidr: "10.246.0.0/16" },
    [],
  ],
  [
    "pods where the configuration has the services",
    { pools: { pods: pool("pods", "10.96.0.0/15") } },
    { podCidr: "10.97.0.0/16" },
    [],
  ],
  [
    "nodes with addresses of it",
    { avoid: () => blocks("10.244.3.4/32", "10.96.0.0/24") },
    { podCidr: "10.245.0.0/16", serviceCidr: "10.97.0.0/16" },
    [],
  ],
  [
    "more workers than a part of the first range has blocks",
    { pools: { pods: pool("pods", "10.9.0.0/20:22,10.244.0.0/14") }, blocks: 5 },
    { podCidr: "10.244.0.0/16" },
    [],
  ],
  [
    "as many workers as a part of the first range has blocks",
    { pools: { pods: pool("pods", "10.9.0.0/20:22,10.244.0.0/14") }, blocks: 4 },
    { podCidr: "10.9.0.0/22" },
    [],
  ],
  ["too many workers", { pools: { pods: pool("pods", "10.244.0.0/14:22") }, blocks: 5 }, {}, ["pods"]],
  ["nothing left", { pools: { pods: pool("pods", "10.244.0.0/16") }, others: [other] }, {}, ["pods"]],
  ["a configuration with fixed ranges", { configuration: { ...sampleConfiguration(), variables: {} } }, {}, []],
])("the ranges of %s", (_what, request, own, exhausted) => {
  const usual = { asked: {}, pools, configuration: sampleConfiguration(), others: [], avoid: () => [], blocks: 1 };
  expect(chooseRanges({ ...usual, ...request })).toEqual({ own, exhausted });
});
