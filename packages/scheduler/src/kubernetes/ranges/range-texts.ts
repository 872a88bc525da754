// How long ranges may be, and the text of a pool in a flag. Pure, and small: it is loaded before the flags are known.
import { type AddressBlock, parseBlock } from "../../workload/body/address-block.ts";
import type { RangeKind } from "./cluster-ranges.ts";
import { reservedIn } from "./reserved-ranges.ts";

/**
 * Prefix lengths of the largest and of the smallest range. A worker's block is a /24 of the pods' range. The API server
 * takes no service range beyond a /12; the 10th address of one is that of DNS.
 */
export const rangeLengths: Readonly<Record<RangeKind, { readonly largest: number; readonly smallest: number }>> = {
  pods: { largest: 8, smallest: 24 },
  services: { largest: 12, smallest: 28 },
};

/** A pool's ranges, and the prefix length of what a cluster gets of each. */
export type RangePool = readonly (AddressBlock & { readonly length: number })[];

/** Absent: clusters get what their configuration says. */
export type RangePools = Readonly<Partial<Record<RangeKind, RangePool | undefined>>>;

/** The prefix length of a cluster's range, unless the pool says another one or is smaller itself. */
const usualLength = 16;

/** "10.128.0.0/9" or "10.128.0.0/9:20,100.64.0.0/10"; undefined for anything else. */
export function parsePool(kind: RangeKind, text: string): RangePool | undefined {
  const { largest, smallest } = rangeLengths[kind];
  const parts = text.split(",").map((part) => {
    const [range = "", given, ...rest] = part.trim().split(":");
    const block = parseBlock(range);
    if (block === undefined || rest.length > 0 || reservedIn(block) !== undefined) return undefined;
    if (given !== undefined && !/^\d{1,2}$/.test(given)) return undefined;
    const length = given === undefined ? Math.max(usualLength, block.prefix) : Number(given);
    return length < Math.max(largest, block.prefix) || length > smallest ? undefined : { ...block, length };
  });
  const pool = parts.filter((part) => part !== undefined);
  return pool.length === parts.length ? pool : undefined;
}
