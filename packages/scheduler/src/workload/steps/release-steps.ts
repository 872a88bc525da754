// The wait of a deleted unit that has ended: its reserved resources are given back. Pure.
import type { ReservationRecord } from "../records/reservation-record.ts";
import type { Step } from "./step.ts";

/** The steps of a deleted unit without tasks. */
export function releaseSteps(reservations: readonly ReservationRecord[]): readonly Step[] {
  return reservations
    .filter(({ state }) => state === "unreserving")
    .map(({ hostname }) => ({
      kind: "wait",
      explanation: `what is reserved on ${hostname} is given back as soon as its agent offers it`,
    }));
}
