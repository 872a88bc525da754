// Which addresses a node may have in any Docker network. Ranges that no machine has are refused before anything is
// launched.
import { z } from "zod";
import { parseAddress } from "../../workload/body/address-block.ts";
import { reservedIn, reservedRanges } from "./reserved-ranges.ts";

const ipv6 = z.ipv6();
const example = "an IPv4 address like 192.168.0.80";
const others = `${example}, and of none of ${reservedRanges.map(({ range }) => range).join(", ")}`;

/** What is allowed, to follow "must be", for a text that cannot be a node's address; undefined for one that can. */
function phraseFor(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return ipv6.safeParse(text).success ? `${example}: IPv6 is not supported` : example;
  const found = reservedIn({ base: address, prefix: 32 });
  return found === undefined ? undefined : `${others}: ${found.range} (${found.meaning}) has no addresses of machines`;
}

/** `node_ip` of a node. */
export const nodeAddress = z.string().refine((text) => phraseFor(text) === undefined, {
  error: ({ input }) => (typeof input === "string" ? phraseFor(input) : undefined),
});
