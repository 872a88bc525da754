// Ranges in which no machine has an address (RFC 6890, RFC 5771, RFC 1112 §4). Pure.
import { type AddressBlock, overlap, parseBlock } from "../../workload/body/address-block.ts";

export interface ReservedRange {
  readonly range: string;
  readonly meaning: string;
}

const table = [
  ["0.0.0.0/8", "this network"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["224.0.0.0/3", "multicast, reserved and broadcast"],
].flatMap(([range = "", meaning = ""]) => {
  const block = parseBlock(range);
  return block === undefined ? [] : [{ range, meaning, block }];
});

export const reservedRanges: readonly ReservedRange[] = table;

/** The first of them that has an address of this block; undefined for none. */
export const reservedIn = (block: AddressBlock): ReservedRange | undefined =>
  table.find((reserved) => overlap(reserved.block, block));
