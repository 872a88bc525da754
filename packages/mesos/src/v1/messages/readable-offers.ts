// What can be read of an OFFERS event of which something cannot: one strange agent must not cost the offers of all others, and
// what is not understood has to be declined all the same, for a master waits for ever.
import * as z from "zod";
import { idSchema } from "../ids.ts";
import { type Offer, offerSchema } from "../offer.ts";
import type { SchedulerEventOf } from "./scheduler-event.ts";
import type { UnknownEvent } from "./variants.ts";

const list = z.object({ type: z.literal("OFFERS"), offers: z.object({ offers: z.array(z.unknown()) }) });
const identified = z.object({ id: idSchema });

interface ReadableOffers {
  readonly event: SchedulerEventOf<"OFFERS">;
  /** Ids of the others. */
  readonly unreadable: readonly string[];
}

/** undefined when it is no OFFERS event. */
export function readableOffers({ original }: UnknownEvent): ReadableOffers | undefined {
  const parsed = list.safeParse(original);
  if (!parsed.success) return undefined;
  const offers: Offer[] = [];
  const unreadable: string[] = [];
  for (const one of parsed.data.offers.offers) {
    const offer = offerSchema.safeParse(one);
    const known = identified.safeParse(one);
    if (offer.success) offers.push(offer.data);
    else if (known.success) unreadable.push(known.data.id.value);
  }
  return { event: { type: "OFFERS", offers: { offers } }, unreadable };
}
