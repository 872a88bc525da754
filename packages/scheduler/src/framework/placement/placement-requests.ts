// From a unit's steps to placement requests.

import { processShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import { heldReservation } from "../../workload/records/reservation-record.ts";
import { partsOf } from "../launch/launch-builder.ts";
import type { PlacementRequest, RequestedReservation } from "../offer-fit/placement-request.ts";
import type { FrameworkOptions } from "../ports/dependencies.ts";

/** A unit that is not stateful waits this long for the host that has its data. */
export const homeGraceMs = 120_000;

export const requestIdOf = (cluster: string, node: string, process = "") =>
  process === "" ? `${cluster}/${node}` : `${cluster}/${node}/${process}`;

/** Agents where an incarnation may still run. After its return an agent offers before it reports what runs there. */
function avoidedAgents(record: UnitRecord): readonly string[] {
  return launchesOf(record).map(({ agentId }) => agentId);
}

/** The options that requests depend on. */
export type PlacementRequestOptions = Pick<FrameworkOptions, "name" | "roles" | "principal">;

function reservationNeed(
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
function rolesFor(cluster: WorkloadRecord, reserve: boolean, options: PlacementRequestOptions): readonly string[] {
  const { role } = cluster.spec;
  if (role !== "") return [role];
  return reserve ? options.roles.filter((one) => one !== "*") : [];
}

function base(
  cluster: WorkloadRecord,
  record: UnitRecord,
  options: PlacementRequestOptions,
  now: number,
): Omit<PlacementRequest, "id" | "parts"> | undefined {
  const node = cluster.spec.units.find(({ name }) => name === record.unit);
  if (node === undefined) return undefined;
  const { stateful } = node;
  return {
    cluster: cluster.spec.name,
    host: node.host,
    attributes: [...cluster.spec.attributes, ...node.attributes],
    roles: rolesFor(cluster, node.reservation, options),
    reservation: reservationNeed(cluster.kind, record, node.reservation, options),
    home: record.home,
    // A stateful unit (a master with its etcd member) would begin without data elsewhere, under the same name.
    homeOnly: record.home !== "" && (stateful || now < record.retryAtMs + homeGraceMs),
    spread: stateful,
    cleanup: false,
    avoid: avoidedAgents(record),
    sinceMs: Math.max(cluster.createdAtMs, record.retryAtMs),
  };
}

/**
 * A request for just enough resources on that host, for a short time. It may use the unit's reservation there, and any
 * role.
 */
export function requestOfCleanup(
  cluster: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  hostname: string,
  options: PlacementRequestOptions,
): PlacementRequest {
  return {
    id: requestIdOf(record.workload, record.unit),
    cluster: record.workload,
    host: hostname,
    attributes: [],
    roles: [],
    reservation: reservationNeed(cluster.kind, record, false, options),
    parts: partsOf({ ...outline, hostPorts: [], processes: [] }),
    home: hostname,
    homeOnly: true,
    cleanup: true,
    spread: false,
  };
}

export function requestOfNode(
  cluster: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  options: PlacementRequestOptions,
  now: number,
): PlacementRequest | undefined {
  const common = base(cluster, record, options, now);
  if (common === undefined) return undefined;
  const pod = cluster.spec.units.find(({ name }) => name === record.unit)?.pod ?? false;
  return { ...common, id: requestIdOf(record.workload, record.unit), parts: partsOf(outline, pod) };
}

export function requestOfProcess(
  cluster: WorkloadRecord,
  record: UnitRecord,
  outline: UnitOutline,
  process: string,
  options: PlacementRequestOptions,
  now: number,
): PlacementRequest | undefined {
  const common = base(cluster, record, options, now);
  const { launch } = record;
  const known = outline.processes.find(({ name }) => name === process);
  if (common === undefined || launch === undefined || known === undefined) return undefined;
  const { agentId, executorId, role, hostname } = launch;
  const share = processShare(known, launch.oneShotsHeldByNode === true);
  return {
    ...common,
    id: requestIdOf(record.workload, record.unit, process),
    parts: [{ cpus: share.cpu, mem: share.mem, ports: [] }],
    spread: false,
    // The unit's reservation need not be whole, because the other processes use their parts.
    homeOnly: false,
    executor: { agentId, executorId, role, hostname },
  };
}
