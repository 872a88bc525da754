// What the ranges in a body, and the pools in flags, may look like. Pure.
import { z } from "zod";
import { parseBlock } from "../../workload/body/address-block.ts";
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

const examples: Readonly<Record<RangeKind, string>> = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };

/** What is allowed, to follow "must be", for a text that cannot be a range; undefined for one that can. */
function phraseFor(kind: RangeKind, text: string): string | undefined {
  const { largest, smallest } = rangeLengths[kind];
  const allowed = `an IPv4 range like ${examples[kind]}, from /${largest} to /${smallest}, whose host bits are zero`;
  const block = parseBlock(text);
  if (block === undefined || block.prefix < largest || block.prefix > smallest) return allowed;
  const reserved = reservedIn(block);
  if (reserved === undefined) return undefined;
  return `${allowed}: ${reserved.range} (${reserved.meaning}) has no addresses of machines`;
}

const rangeOf = (kind: RangeKind) =>
  z.string().refine((text) => phraseFor(kind, text) === undefined, {
    error: ({ input }) => (typeof input === "string" ? phraseFor(kind, input) : undefined),
  });

/** `pod_cidr` of a cluster. */
export const podRange = rangeOf("pods");
/** `service_cidr` of a cluster. */
export const serviceRange = rangeOf("services");
