// Which addresses a node may have in any Docker network. Ranges that no machine has are refused before anything is
// launched.
import { z } from "zod";
import { parseAddress, parseBlock } from "../../workload/body/address-block.ts";

/** Ranges without addresses of machines (RFC 6890, RFC 5771, RFC 1112 §4). */
const ranges = [
  ["0.0.0.0/8", "this network"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["224.0.0.0/3", "multicast, reserved and broadcast"],
].flatMap(([range = "", meaning = ""]) => {
  const block = parseBlock(range);
  return block === undefined ? [] : [{ range, meaning, base: block.base, size: 2 ** (32 - block.prefix) }];
});

const ipv6 = z.ipv6();
const example = "an IPv4 address like 192.168.0.80";
const others = `${example}, and of none of ${ranges.map(({ range }) => range).join(", ")}`;

/** What is allowed, to follow "must be", for a text that cannot be a node's address; undefined for one that can. */
function phraseFor(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return ipv6.safeParse(text).success ? `${example}: IPv6 is not supported` : example;
  const found = ranges.find(({ base, size }) => address >= base && address < base + size);
  return found === undefined ? undefined : `${others}: ${found.range} (${found.meaning}) has no addresses of machines`;
}

/** `node_ip` of a node. */
export const nodeAddress = z.string().refine((text) => phraseFor(text) === undefined, {
  error: ({ input }) => (typeof input === "string" ? phraseFor(input) : undefined),
});
