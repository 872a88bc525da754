// Makes the placement requests of a unit from its steps. Pure.

import { relaunchShares } from "../../workload/outline/relaunch-shares.ts";
import { processShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { processTaskOf, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { heldReservation } from "../../workload/records/reservation-record.ts";
import type { HeldAmount } from "../../workload/records/resource-tasks.ts";
import type { UnitRules } from "../../workload/records/unit-rules.ts";
import { isTied } from "../../workload/records/workload-spec.ts";
import { elsewhereMs, shunnedHost } from "../../workload/steps/replacement.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import { ownParts, partOf, unitParts } from "../launch/launch-parts.ts";
import type { PlacementRequest, RequestedReservation } from "../offer-fit/placement-request.ts";

/** A unit that is not stateful waits this long for the host that has its data. */
export const homeGraceMs = 120_000;

export const requestIdOf = (workload: string, unit: string, process = "") =>
  process === "" ? `${workload}/${unit}` : `${workload}/${unit}/${process}`;

/** Agents where an incarnation may still run. After its return an agent offers before it reports what runs there. */
function avoidedAgents(record: UnitRecord): readonly string[] {
  return launchesOf(record).map(({ agentId }) => agentId);
}

/** The options that requests depend on. */
export type PlacementRequestOptions = Pick<FrameworkOptions, "name" | "roles" | "principal">;

function requestedReservation(
  kind: string,
  record: UnitRecord,
  reserve: boolean,
  options: PlacementRequestOptions,
): RequestedReservation | undefined {
  const held = heldReservation(record.reservations);
  if (!reserve && record.reservations.length === 0) return undefined;
  const { workload, unit, instance } = record;
  return {
    owner: { framework: options.name, kind, workload, unit, instance },
    reserve,
    principal: options.principal,
    held,
  };
}

/** The roles whose offers the workload's units use. Nothing can be reserved for "*". */
function rolesFor(workload: WorkloadRecord, reserve: boolean, options: PlacementRequestOptions): readonly string[] {
  const { role } = workload.spec;
  if (role !== "") return [role];
  return reserve ? options.roles.filter((one) => one !== "*") : [];
}

function base(
  workload: WorkloadRecord,
  record: UnitRecord,
  options: PlacementRequestOptions,
  now: number,
): Omit<PlacementRequest, "id" | "parts"> | undefined {
  const unit = workload.spec.units.find(({ name }) => name === record.unit);
  if (unit === undefined) return undefined;
  const { stateful } = unit;
  const shunned = shunnedHost(record, unit.host);
  return {
    workload: workload.spec.name,
    host: unit.host,
    ...(unit.notOn === undefined ? {} : { notOn: unit.notOn }),
    attributes: [...workload.spec.attributes, ...unit.attributes],
    roles: rolesFor(workload, unit.reservation, options),
    reservation: requestedReservation(workload.kind, record, unit.reservation, options),
    home: record.home,
    // A stateful unit would begin without data elsewhere, under the same name.
    homeOnly: record.home !== "" && (isTied(workload.spec, record) || now < record.retryAtMs + homeGraceMs),
    spread: stateful,
    cleanup: false,
    avoid: avoidedAgents(record),
    ...(unit.apart === undefined
      ? {}
      : { apart: { ...unit.apart, group: `${workload.kind} ${unit.apart.group}`, neighbours: [] } }),
    shuns:
      shunned === undefined
        ? undefined
        : { hostname: shunned, strictly: now < (record.replaced?.atMs ?? 0) + elsewhereMs },
    sinceMs: Math.max(workload.createdAtMs, record.retryAtMs),
  };
}

/**
 * A request for just enough resources on one of these hosts, for a short time. It may use the unit's reservation there, and
 * any role.
 */
export function requestOfCleanup(
  workload: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  [home = "", ...alsoAt]: readonly string[],
  options: PlacementRequestOptions,
  keepsData = false,
): PlacementRequest {
  return {
    id: requestIdOf(record.workload, record.unit),
    workload: record.workload,
    host: "*",
    attributes: [],
    roles: [],
    reservation: requestedReservation(workload.kind, record, false, options),
    parts: ownParts({ ...outline, hostPorts: [], processes: [] }, { pod: false }),
    home,
    homeOnly: true,
    alsoAt,
    cleanup: true,
    ...(keepsData ? { keepsData } : {}),
    spread: false,
  };
}

export function requestOfUnit(
  workload: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  { resourceTasks }: Pick<UnitRules, "resourceTasks">,
  options: PlacementRequestOptions,
  now: number,
): PlacementRequest | undefined {
  const common = base(workload, record, options, now);
  if (common === undefined) return undefined;
  const pod = workload.spec.units.find(({ name }) => name === record.unit)?.pod ?? false;
  return {
    ...common,
    id: requestIdOf(record.workload, record.unit),
    ...unitParts(outline, { pod, resourceTasks }),
  };
}

export function requestOfProcess(
  workload: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  process: string,
  options: PlacementRequestOptions,
  now: number,
): PlacementRequest | undefined {
  const common = base(workload, record, options, now);
  const { launch } = record;
  const known = outline.processes.find(({ name }) => name === process);
  const old = processTaskOf(launch, process);
  if (common === undefined || launch === undefined || known === undefined || old === undefined) return undefined;
  const { agentId, executorId, role, hostname } = launch;
  const { own, beside } = relaunchShares(launch, old, processShare(known, launch.oneShotsHeldByUnit === true));
  return {
    ...common,
    id: requestIdOf(record.workload, record.unit, process),
    parts: [partOf(own), ...(beside === undefined ? [] : [partOf(beside.amount)])],
    tasks: [process, ...(beside === undefined ? [] : [beside.name])],
    spread: false,
    // The unit's reservation need not be whole, because the other processes use their parts.
    homeOnly: false,
    executor: { agentId, executorId, role, hostname },
  };
}

/**
 * A task that holds resources of a process that runs, beside its own one. It takes what is reserved for the unit and free, and then
 * what is not reserved: that is not reserved before the next launch of its unit.
 */
export function requestOfResources(
  workload: WorkloadRecord,
  record: UnitRecord,
  task: string,
  amount: HeldAmount,
  options: PlacementRequestOptions,
  now: number,
): PlacementRequest | undefined {
  const common = base(workload, record, options, now);
  const { launch } = record;
  if (common === undefined || launch === undefined) return undefined;
  const { agentId, executorId, role, hostname } = launch;
  return {
    ...common,
    id: requestIdOf(record.workload, record.unit, task),
    parts: [partOf(amount)],
    tasks: [task],
    reservation: common.reservation && { ...common.reservation, reserve: false },
    spread: false,
    homeOnly: false,
    executor: { agentId, executorId, role, hostname },
  };
}
