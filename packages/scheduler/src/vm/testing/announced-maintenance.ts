// Maintenance of host a, as a fake Mesos announces it.
import type { InverseOffer } from "@cke/mesos";
import { settle } from "../../framework/testing/manual-clock.ts";
import type { Scenario } from "../../framework/testing/scenario.ts";

/** Mesos asks for what is on host a, for a window of an hour that begins in so many minutes. */
export async function announce(s: Scenario, inMinutes: number): Promise<void> {
  const start = BigInt(s.clock.now() + inMinutes * 60_000) * 1_000_000n;
  const unavailability = { start: { nanoseconds: start }, duration: { nanoseconds: 3_600_000_000_000 } };
  const offer: InverseOffer = {
    ...{ id: { value: `I-${inMinutes}` }, framework_id: { value: "F-1" }, agent_id: { value: "S-a" } },
    unavailability,
  };
  s.mesos.unavailable.set("S-a", unavailability);
  s.mesos.send({ type: "INVERSE_OFFERS", inverse_offers: { inverse_offers: [offer] } });
  await settle();
}
