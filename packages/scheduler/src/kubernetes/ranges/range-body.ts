// What the ranges in a body may look like. Pure.
import { z } from "zod";
import { parseBlock } from "../../workload/body/address-block.ts";
import type { RangeKind } from "./cluster-ranges.ts";
import { rangeLengths } from "./range-texts.ts";
import { reservedIn } from "./reserved-ranges.ts";

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
