// What is known about agents beside their offers: what CKE's own units use there, and what is kept for them.
import type { Offer } from "@cke/mesos";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal, type LaunchRecord, type UnitRecord } from "../../workload/records/records.ts";
import { isStateful } from "../../workload/records/workload-spec.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Claim } from "../offer-fit/claim.ts";
import type { AgentUse } from "../offer-fit/offer-bundle.ts";
import { type ClaimPlace, claimsOf, isLostBy } from "../placement/claims.ts";

export interface AgentUseSources {
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly maintenance: Pick<MaintenanceWindows, "placementProblem">;
  readonly now: number;
}

/** The agents, each with the executors that its offers list. */
export function placesOf(offers: readonly Offer[]): readonly ClaimPlace[] {
  return [...Map.groupBy(offers, ({ agent_id }) => agent_id.value)].map(([agentId, group]) => ({
    agentId,
    hostname: group[0]?.hostname ?? "",
    executorIds: new Set(group.flatMap(({ executor_ids }) => (executor_ids ?? []).map(({ value }) => value))),
  }));
}

/** By agent id. Agents without known use are left out. */
export function agentUses(sources: AgentUseSources, places: Iterable<ClaimPlace>): ReadonlyMap<string, AgentUse> {
  const uses = new Map<string, AgentUse>();
  for (const place of places) {
    if (uses.has(place.agentId)) continue;
    const use = useOf(sources, place);
    if (use !== undefined) uses.set(place.agentId, use);
  }
  return uses;
}

function useOf(sources: AgentUseSources, place: ClaimPlace): AgentUse | undefined {
  const { ledger, maintenance } = sources;
  const { agentId, hostname } = place;
  const ports = new Map<number, string>();
  const stateful = new Set<string>();
  const claims: Claim[] = [];
  for (const record of ledger.unitsOn(agentId)) {
    claims.push(...claimsIn(sources, record, place));
    const live = launchesOf(record).some((launch) => launch.agentId === agentId && !launch.tasks.every(isTerminal));
    const workload = live ? ledger.workload(record.workload) : undefined;
    if (workload === undefined) continue;
    const outline = sources.kinds.outline(workload, record.unit);
    for (const hostPort of outline?.hostPorts ?? []) ports.set(hostPort, `${record.workload}/${record.unit}`);
    if (isStateful(workload.spec, record.unit)) stateful.add(record.workload);
  }
  for (const record of ledger.unitsAtHome(hostname)) claims.push(...claimsIn(sources, record, place));
  const problem = (tied: boolean) => maintenance.placementProblem(agentId, tied);
  const known = problem(false) === undefined ? {} : { maintenance: problem };
  if (ports.size === 0 && stateful.size === 0 && claims.length === 0 && known.maintenance === undefined)
    return undefined;
  return { ports, stateful, claims, ...known };
}

function claimsIn(sources: AgentUseSources, record: UnitRecord, place: ClaimPlace): readonly Claim[] {
  const workload = sources.ledger.workload(record.workload);
  const { launch } = record;
  // First a cheap check: a unit whose tasks all run holds all that it needs.
  const isLost = launch !== undefined && isLostBy(launch, place, sources.now);
  if (workload === undefined || (!isLost && launch?.tasks.every((task) => !isTerminal(task)) === true)) return [];
  const outline = sources.kinds.outline(workload, record.unit);
  if (outline === undefined || (!isLost && launch !== undefined && isWhole(launch, outline))) return [];
  return claimsOf({ workload, record, outline, place, now: sources.now });
}

/** True when only one-shots have ended whose resources the unit's task holds. This is true of nearly all units. */
function isWhole({ oneShotsHeldByUnit, tasks }: LaunchRecord, { processes }: UnitOutline): boolean {
  if (oneShotsHeldByUnit !== true) return false;
  return tasks.every(
    (task) =>
      !isTerminal(task) ||
      (task.state === "TASK_FINISHED" && processes.some(({ name, mayFinish }) => mayFinish && name === task.process)),
  );
}
