// What `loadbalancer_pool` of a body may look like. Pure.
import { z } from "zod";
import { mostAddresses, mostParts, phraseForPart, spanSize, spansOf } from "./address-pool.ts";

const part = z.string().refine((text) => phraseForPart(text) === undefined, {
  error: ({ input }) => (typeof input === "string" ? phraseForPart(input) : undefined),
});

/** One part, or several. */
export const poolField = z
  .union([part.transform((text) => [text]), z.array(part)], 'a list of ranges like ["10.99.2.0/24"]')
  .refine((parts) => parts.length > 0 && parts.length <= mostParts, `a list of 1 to ${mostParts} ranges`)
  .refine(
    (parts) => spansOf(parts).reduce((sum, span) => sum + spanSize(span), 0) <= mostAddresses,
    `ranges with at most ${mostAddresses} addresses in all`,
  );
