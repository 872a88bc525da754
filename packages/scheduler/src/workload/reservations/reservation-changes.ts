// What becomes of a node's reservation records: when a launch takes resources, when Mesos answers an operation, when the
// node goes away, when reserved resources turn up in an offer. Pure.
import { assertNever } from "@cke/foundation";
import { firstOfRanges, type OperationState, type Resource, Resources } from "@cke/mesos";
import type { ReservationRecord, ReservedAmounts } from "../records/reservation-record.ts";

const nothing: ReservedAmounts = { cpus: 0, mem: 0, ports: [] };

/** CPUs, memory and ports of resources, whatever their reservations. */
export function amountsOf(resources: readonly Resource[]): ReservedAmounts {
  const ports = [...firstOfRanges(Resources.portsOf(resources), Number.POSITIVE_INFINITY)];
  return { cpus: Resources.scalarOf(resources, "cpus"), mem: Resources.scalarOf(resources, "mem"), ports };
}

const add = (left: ReservedAmounts, right: ReservedAmounts): ReservedAmounts => ({
  cpus: Resources.roundScalar(left.cpus + right.cpus),
  mem: Resources.roundScalar(left.mem + right.mem),
  ports: [...new Set([...left.ports, ...right.ports])],
});

/** What an ACCEPT takes for a node that reserves. */
export interface Taking {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  /** True for the whole node, false for one of its processes beside the others. */
  readonly whole: boolean;
  /** What is launched on. */
  readonly resources: readonly Resource[];
  /** What the offers show of its reservation; more of it may still be held by tasks that end late. */
  readonly own: readonly Resource[];
  /** What of it the ACCEPT has to reserve. */
  readonly reserve: readonly Resource[];
  /** "" when there is no feedback. */
  readonly operationId: string;
}

/** The node's reservations once the ACCEPT is sent: to be stored before it is. Those on other agents are given back. */
export function reservationsAfter(
  before: readonly ReservationRecord[],
  taking: Taking,
  now: number,
): readonly ReservationRecord[] {
  const { agentId, hostname, role, whole, resources, own, reserve, operationId } = taking;
  const isHere = (record: ReservationRecord) => record.agentId === agentId && record.role === role;
  const old = before.find(isHere);
  if (!whole && old !== undefined && reserve.length === 0) return before;
  const others = before
    .filter((record) => !isHere(record) && record.state !== "refused")
    .map(
      (record): ReservationRecord =>
        record.state === "unreserving"
          ? record
          : { ...record, state: "unreserving", operationId: "", changedAtMs: now },
    );
  const has = old?.state === "reserved" || reserve.length === 0;
  const known = old?.amounts ?? nothing;
  const amounts = whole ? add(minus(known, amountsOf(own)), amountsOf(resources)) : add(known, amountsOf(reserve));
  return [
    ...others,
    {
      agentId,
      hostname,
      role,
      state: has ? "reserved" : "intended",
      amounts,
      operationId: reserve.length === 0 ? "" : operationId,
      releasing: nothing,
      reserving: amountsOf(reserve),
      problem: "",
      changedAtMs: now,
    },
  ];
}

/** The node's reservations when the node goes away: all of them are given back, what was never made is forgotten. */
export function releaseAll(before: readonly ReservationRecord[], now: number): readonly ReservationRecord[] {
  if (before.every(({ state }) => state === "unreserving")) return before;
  return before
    .filter(({ state }) => state !== "refused")
    .map((record) =>
      record.state === "unreserving"
        ? record
        : {
            ...record,
            state: "unreserving",
            operationId: "",
            releasing: nothing,
            reserving: nothing,
            changedAtMs: now,
          },
    );
}

/** The record when UNRESERVE is about to be sent for some of it. */
export function releaseBegun(
  record: ReservationRecord,
  resources: readonly Resource[],
  operationId: string,
  now: number,
): ReservationRecord {
  return { ...record, operationId, releasing: amountsOf(resources), reserving: nothing, changedAtMs: now };
}

const minus = (left: ReservedAmounts, right: ReservedAmounts): ReservedAmounts => ({
  cpus: Resources.roundScalar(Math.max(0, left.cpus - right.cpus)),
  mem: Resources.roundScalar(Math.max(0, left.mem - right.mem)),
  ports: left.ports.filter((port) => !right.ports.includes(port)),
});

const isNothing = ({ cpus, mem, ports }: ReservedAmounts) => cpus === 0 && mem === 0 && ports.length === 0;

/**
 * What Mesos says of the record's operation → the record; undefined when nothing is left of it. `isUsed`: tasks are known
 * to have been launched on what it reserves.
 */
export function afterOperation(
  record: ReservationRecord,
  state: OperationState,
  message: string,
  isUsed: boolean,
  now: number,
): ReservationRecord | undefined {
  const answered = { ...record, operationId: "", releasing: nothing, reserving: nothing, changedAtMs: now };
  const without = { ...answered, amounts: minus(record.amounts, record.reserving) };
  const gives = record.state === "unreserving";
  switch (state) {
    case "OPERATION_FINISHED": {
      if (!gives) return { ...answered, state: "reserved" };
      const amounts = minus(record.amounts, record.releasing);
      return isNothing(amounts) ? undefined : { ...answered, amounts };
    }
    case "OPERATION_FAILED":
    case "OPERATION_ERROR":
    case "OPERATION_DROPPED":
    case "OPERATION_UNSUPPORTED":
      // What it gives back is offered again.
      if (gives) return answered;
      // The offer was gone: no answer to the reservation, and the launch is tried again at once.
      if (record.state === "intended" && message.includes("invalid offers")) return undefined;
      return record.state === "reserved" ? without : { ...answered, state: "refused", problem: message };
    case "OPERATION_UNKNOWN":
      // Never received, for answers are stored before they are acknowledged; or forgotten by a new master.
      if (gives) return answered;
      if (record.state !== "intended") return isUsed ? answered : without;
      return isUsed ? { ...answered, state: "reserved" } : undefined;
    case "OPERATION_GONE_BY_OPERATOR":
      return undefined;
    case "OPERATION_PENDING":
    case "OPERATION_UNREACHABLE":
    case "OPERATION_RECOVERING":
      return record;
    default:
      return assertNever(state);
  }
}

/** What is known of the owner of a reserved piece. */
export interface OwnerFacts {
  readonly reservations: readonly ReservationRecord[];
  /** True for a node that is to keep resources: its specification says so, and its cluster is not being deleted. */
  readonly wants: boolean;
}

/**
 * What becomes of resources of ours that an agent offers: kept for their node, taken into its record (`adopt`), or given
 * back. `facts` is undefined when no node of that life exists.
 */
export function fateOf(agentId: string, role: string, facts: OwnerFacts | undefined): "keep" | "adopt" | "release" {
  if (facts === undefined) return "release";
  const record = facts.reservations.find((one) => one.agentId === agentId && one.role === role);
  if (record !== undefined && record.state !== "refused") {
    if (record.state === "unreserving") return "release";
    return record.state === "intended" ? "adopt" : "keep";
  }
  const elsewhere = facts.reservations.some(({ state }) => state === "intended" || state === "reserved");
  return facts.wants && !elsewhere ? "adopt" : "release";
}

/** Why Mesos does not reserve for the node on this agent, in words; undefined when it does. */
export function refusalOn(reservations: readonly ReservationRecord[], agentId: string): string | undefined {
  const refused = reservations.find((record) => record.state === "refused" && record.agentId === agentId);
  return refused && `Mesos does not reserve for it on ${refused.hostname}: ${refused.problem}`;
}
