// What a unit has reserved in Mesos, as it is stored in its record.
import { z } from "zod";

/** CPUs, MiB, and port numbers. */
const reservedAmounts = z.object({ cpus: z.number(), mem: z.number(), ports: z.array(z.number()) });
export type ReservedAmounts = Readonly<z.infer<typeof reservedAmounts>>;

/**
 * - `intended`: stored before the ACCEPT that makes it, without an answer so far.
 * - `reserved`: Mesos has confirmed it, or it was in an offer.
 * - `unreserving`: to be given back as soon as it is offered.
 * - `refused`: Mesos does not make it; `problem` says why.
 */
const reservationStates = ["intended", "reserved", "unreserving", "refused"] as const;
export type ReservationState = (typeof reservationStates)[number];

/** What a unit has reserved on one agent. At most one reservation of a unit is not `unreserving`. */
export const reservationRecord = z.object({
  agentId: z.string(),
  hostname: z.string(),
  role: z.string(),
  state: z.enum(reservationStates),
  amounts: reservedAmounts,
  /** Id of the last operation while it is not answered; "" for none. */
  operationId: z.string(),
  /** What that operation gives back; nothing for one that reserves. */
  releasing: reservedAmounts.default({ cpus: 0, mem: 0, ports: [] }),
  /** What that operation adds; `amounts` contains it already. Nothing for one that gives back. */
  reserving: reservedAmounts.default({ cpus: 0, mem: 0, ports: [] }),
  /** Mesos' text when it refused; "" otherwise. */
  problem: z.string().default(""),
  changedAtMs: z.number(),
});
export type ReservationRecord = Readonly<z.infer<typeof reservationRecord>>;

/** The reservation that a launch of the unit can use. */
export function heldReservation(reservations: readonly ReservationRecord[]): ReservationRecord | undefined {
  return reservations.find(({ state }) => state === "reserved");
}
