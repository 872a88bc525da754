import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "../../workload/body/address-block.ts";
import {
  cidrsOf,
  freeAddress,
  isInPool,
  parseSpan,
  phraseForPart,
  spanSize,
  spansMeet,
  spansOf,
} from "./address-pool.ts";

const numberOf = (text: string) => parseAddress(text) ?? -1;
const free = (pool: readonly string[], ...taken: readonly string[]) => {
  const found = freeAddress(spansOf(pool), new Set(taken.map(numberOf)));
  return found === undefined ? undefined : formatAddress(found);
};

test.each([
  ["10.99.2.0/24", 256],
  ["10.99.2.7", 1],
  ["10.99.2.7/32", 1],
  ["10.99.2.10-10.99.2.50", 41],
  ["10.99.2.10-10.99.2.10", 1],
])("%s is a part of a pool with %i addresses", (text, size) => {
  const span = parseSpan(text);
  expect(span && spanSize(span)).toBe(size);
  expect(phraseForPart(text)).toBeUndefined();
});

test.each([
  ["10.99.2.1/24", /^a range of IPv4 addresses like/],
  ["10.99.2.50-10.99.2.10", /^a range/],
  ["10.99.2.0/24-10.99.3.0", /^a range/],
  ["1-2-3", /^a range/],
  ["", /^a range/],
  ["fd00::/64", /^a range/],
  ["10.0.0.0/8", /at most 65536 addresses/],
  ["127.0.0.1", /127\.0\.0\.0\/8 \(loopback\)/],
  ["223.255.255.0-224.0.0.9", /224\.0\.0\.0\/3/],
])("%s is none", (text, words) => expect(phraseForPart(text)).toMatch(words));

test.each<[string, readonly string[]]>([
  ["10.99.2.0/24", ["10.99.2.0/24"]],
  ["10.99.2.1-10.99.2.6", ["10.99.2.1/32", "10.99.2.2/31", "10.99.2.4/31", "10.99.2.6/32"]],
  ["10.99.2.255-10.99.3.0", ["10.99.2.255/32", "10.99.3.0/32"]],
  ["10.99.0.0-10.99.1.255", ["10.99.0.0/23"]],
])("%s as ranges of BIRD", (text, ranges) => {
  const [span] = spansOf([text]);
  expect(span && cidrsOf(span)).toEqual(ranges);
});

test("parts meet when they have an address in common", () => {
  const meet = (one: string, other: string) => {
    const [first, second] = spansOf([one, other]);
    return first !== undefined && second !== undefined && spansMeet(first, second);
  };
  expect([meet("10.0.0.0/24", "10.0.0.255-10.0.1.3"), meet("10.0.0.0/24", "10.0.1.0/24")]).toEqual([true, false]);
  expect(isInPool(spansOf(["10.0.0.4-10.0.0.6"]), numberOf("10.0.0.6"))).toBe(true);
  expect(isInPool(spansOf(["10.0.0.4-10.0.0.6"]), numberOf("10.0.0.7"))).toBe(false);
});

test.each<[string, readonly string[], readonly string[], string | undefined]>([
  ["the first of a range is that of its network", ["10.9.0.0/24"], [], "10.9.0.1"],
  ["the lowest that is free", ["10.9.0.0/24"], ["10.9.0.1", "10.9.0.3"], "10.9.0.2"],
  ["none ends with 255 or 0", ["10.9.0.254-10.9.1.1"], ["10.9.0.254"], "10.9.1.1"],
  ["a single address is as it was named", ["10.9.0.0"], [], "10.9.0.0"],
  ["parts in their order", ["10.9.7.9", "10.9.0.0/24"], ["10.9.7.9"], "10.9.0.1"],
  ["all are taken", ["10.9.0.0/30"], ["10.9.0.1", "10.9.0.2", "10.9.0.3"], undefined],
])("a free address: %s", (_what, pool, taken, wanted) => expect(free(pool, ...taken)).toBe(wanted));
