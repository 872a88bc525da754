// Pools of single addresses: those that Services of type LoadBalancer get. A part of a pool is a range like 10.99.2.0/24, or one from
// its first to its last address. Pure.
import { formatAddress, parseAddress, parseBlock, sizeOf } from "../../workload/body/address-block.ts";
import { reservedIn, reservedRanges } from "./reserved-ranges.ts";

/** Addresses from the first to the last one, both among them. */
export interface AddressSpan {
  readonly first: number;
  readonly last: number;
}

/** Most parts of a pool, and most addresses of all of them: each node knows the parts, and a look for a free address may see them all. */
export const mostParts = 16;
export const mostAddresses = 65_536;

/** `10.99.2.0/24`, `10.99.2.10-10.99.2.50` or `10.99.2.7`; undefined for anything else. */
export function parseSpan(text: string): AddressSpan | undefined {
  const [from = "", to = from, ...rest] = text.split("-");
  if (rest.length > 0) return undefined;
  const block = parseBlock(text);
  if (block !== undefined) return { first: block.base, last: block.base + sizeOf(block) - 1 };
  const [first, last] = [parseAddress(from), parseAddress(to)];
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

/** Those of a stored pool. */
export const spansOf = (pool: readonly string[]): readonly AddressSpan[] =>
  pool.flatMap((text) => parseSpan(text) ?? []);

export const spanSize = ({ first, last }: AddressSpan) => last - first + 1;

/** True when they have an address in common. */
export const spansMeet = (one: AddressSpan, other: AddressSpan) => one.first <= other.last && other.first <= one.last;

export const isInPool = (spans: readonly AddressSpan[], address: number) =>
  spans.some(({ first, last }) => first <= address && address <= last);

/** The fewest ranges that have these addresses and no other ones: what BIRD can be told. */
export function cidrsOf({ first, last }: AddressSpan): readonly string[] {
  const ranges: string[] = [];
  for (let base = first; base <= last; ) {
    let prefix = 32;
    while (prefix > 0) {
      const size = 2 ** (32 - (prefix - 1));
      if (base % size !== 0 || base + size - 1 > last) break;
      prefix -= 1;
    }
    ranges.push(`${formatAddress(base)}/${prefix}`);
    base += 2 ** (32 - prefix);
  }
  return ranges;
}

/** Old routers and clients take an address that ends so for that of a network, or for a broadcast: it is given only to who asks for it. */
const isOdd = (address: number) => address % 256 === 0 || address % 256 === 255;

/** The addresses that are not taken, lowest first, part by part. Each is looked for when it is asked for, and none is looked at twice. */
export function* freeAddresses(
  spans: readonly AddressSpan[],
  taken: ReadonlySet<number>,
): Generator<number, undefined> {
  for (const { first, last } of spans)
    for (let address = first; address <= last; address += 1)
      if (!taken.has(address) && (first === last || !isOdd(address))) yield address;
  return undefined;
}

/** The first of them; undefined when there is none. */
export const freeAddress = (spans: readonly AddressSpan[], taken: ReadonlySet<number>): number | undefined =>
  freeAddresses(spans, taken).next().value;

const example = "a range of IPv4 addresses like 10.99.2.0/24 or 10.99.2.10-10.99.2.50";

/** What is allowed, to follow "must be", for a text that cannot be a part of a pool; undefined for one that can. */
export function phraseForPart(text: string): string | undefined {
  const span = parseSpan(text);
  if (span === undefined) return example;
  if (spanSize(span) > mostAddresses) return `${example} with at most ${mostAddresses} addresses`;
  const reserved = cidrsOf(span).flatMap((range) => {
    const block = parseBlock(range);
    return block === undefined ? [] : (reservedIn(block) ?? []);
  })[0];
  if (reserved === undefined) return undefined;
  return `${example}, and of none of ${reservedRanges.map(({ range }) => range).join(", ")}: ${reserved.range} (${reserved.meaning}) has no addresses of machines`;
}
