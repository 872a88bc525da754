// What a deleted unit that has ended waits for: its reserved resources are given back. Pure.
import type { ReservationRecord } from "../records/reservation-record.ts";
import type { Step } from "./step.ts";

/** What a deleted node without tasks waits for. */
export function releaseSteps(reservations: readonly ReservationRecord[]): readonly Step[] {
  return reservations
    .filter(({ state }) => state === "unreserving")
    .map(({ hostname }) => ({
      kind: "wait",
      explanation: `what is reserved on ${hostname} is given back as soon as its agent offers it`,
    }));
}
