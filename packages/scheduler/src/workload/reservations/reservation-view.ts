// Reservations of units as the API of every kind shows them. Pure.
import type { ReservationRecord } from "../records/reservation-record.ts";

/** A reservation of a unit on an agent. */
export interface ReservationView {
  readonly host: string;
  readonly agent_id: string;
  readonly role: string;
  /** intended, reserved, unreserving (to be given back when it is offered), refused */
  readonly state: string;
  readonly cpu: number;
  readonly mem: number;
  readonly ports: readonly number[];
  /** Mesos' text when it refused. */
  readonly problem: string;
}

export const reservationView = ({
  hostname,
  agentId,
  role,
  state,
  amounts,
  problem,
}: ReservationRecord): ReservationView => ({
  host: hostname,
  agent_id: agentId,
  role,
  state,
  cpu: amounts.cpus,
  mem: amounts.mem,
  ports: amounts.ports,
  problem,
});
