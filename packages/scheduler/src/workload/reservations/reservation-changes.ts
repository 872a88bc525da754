// Changes of a unit's reservation records: when a launch takes resources, when Mesos answers an operation, when the
// unit goes away, when reserved resources are offered. Pure.
import { assertNever } from "@cke/foundation";
import { firstOfRanges, type OperationState, type Resource, Resources } from "@cke/mesos";
import { type LaunchRecord, unitTaskOf } from "../records/records.ts";
import type { ReservationRecord, ReservedAmounts } from "../records/reservation-record.ts";

const nothing: ReservedAmounts = { cpus: 0, mem: 0, ports: [] };

/** CPUs, memory and ports of resources, reserved or not. */
export function amountsOf(resources: readonly Resource[]): ReservedAmounts {
  const ports = [...firstOfRanges(Resources.portsOf(resources), Number.POSITIVE_INFINITY)];
  return { cpus: Resources.scalarOf(resources, "cpus"), mem: Resources.scalarOf(resources, "mem"), ports };
}

const add = (left: ReservedAmounts, right: ReservedAmounts): ReservedAmounts => ({
  cpus: Resources.roundScalar(left.cpus + right.cpus),
  mem: Resources.roundScalar(left.mem + right.mem),
  ports: [...new Set([...left.ports, ...right.ports])],
});

/** What an ACCEPT takes for a unit that reserves. */
export interface Taking {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  /** True for the whole unit, false for one of its processes beside the others. */
  readonly whole: boolean;
  /** The resources of the launch. */
  readonly resources: readonly Resource[];
  /** The part of its reservation that is offered. Tasks that end late may still use more of it. */
  readonly own: readonly Resource[];
  /** The part that the ACCEPT must reserve. */
  readonly reserve: readonly Resource[];
  /** "" when there is no feedback. */
  readonly operationId: string;
}

/** The unit's reservations once the ACCEPT is sent; they are stored before it. Those on other agents are given back. */
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

/**
 * The unit's reservations when the unit goes away: all are given back, and those that were never made are forgotten.
 */
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

/** The record when an UNRESERVE for some of it is about to be sent. */
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

const reserveSuffix = ".reserve";

/** Id of the operation that reserves for a launch of these tasks. */
export const reserveOperationId = (firstTaskId: string) => `${firstTaskId}${reserveSuffix}`;

/**
 * True when a status shows that tasks were launched on what the operation reserved. An operation for the whole unit has
 * the id of the unit's own task, one for a process that needs more than before has that of the process's task: of that,
 * other tasks of the launch say nothing.
 */
export function isUsed(launches: readonly LaunchRecord[], agentId: string, operationId: string): boolean {
  return launches.some((launch) => {
    if (launch.agentId !== agentId) return false;
    const whole = reserveOperationId(unitTaskOf(launch)?.taskId ?? "") === operationId;
    return launch.tasks.some(
      ({ taskId, statusUuid }) => statusUuid !== "" && (whole || reserveOperationId(taskId) === operationId),
    );
  });
}

/**
 * The record after Mesos' answer to its operation; undefined when nothing is left of it. `used`: see
 * `isUsed`.
 */
export function afterOperation(
  record: ReservationRecord,
  state: OperationState,
  message: string,
  used: boolean,
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
      // The offer was gone. This is no refusal of the reservation, and the launch is tried again at once.
      if (record.state === "intended" && message.includes("invalid offers")) return undefined;
      return record.state === "reserved" ? without : { ...answered, state: "refused", problem: message };
    case "OPERATION_UNKNOWN":
      // The operation was never received (answers are stored before they are acknowledged), or a new master does not
      // know it.
      if (gives) return answered;
      if (record.state !== "intended") return used ? answered : without;
      return used ? { ...answered, state: "reserved" } : undefined;
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

/** What is known about the owner of reserved resources. */
export interface OwnerFacts {
  readonly reservations: readonly ReservationRecord[];
  /** True for a unit that keeps reservations: its specification says so, and its workload is not being deleted. */
  readonly wants: boolean;
}

/**
 * What to do with offered resources that this framework has reserved: keep them for their unit, take them into its
 * record (`adopt`), or give them back. `facts` is undefined when no such instance exists.
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

/** Why Mesos does not reserve for the unit on this agent; undefined when it does. */
export function refusalOn(reservations: readonly ReservationRecord[], agentId: string): string | undefined {
  const refused = reservations.find((record) => record.state === "refused" && record.agentId === agentId);
  return refused && `Mesos does not reserve for it on ${refused.hostname}: ${refused.problem}`;
}
