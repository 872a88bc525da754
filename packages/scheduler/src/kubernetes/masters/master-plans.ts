// The plans that change a cluster's masters, and what must hold before one begins. One master at a time, and one such
// plan at a time: etcd must never lose its majority by us. Pure.
import {
  entriesOf,
  entryKey,
  entryOf,
  isOpen,
  type PlanStage,
  type WorkloadPlan,
} from "../../workload/records/plan-record.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import { isLeaving } from "../../workload/records/removal-state.ts";
import { endStages } from "../nodes/removal-plan.ts";

/** Actions of the kind that concern masters. */
export const masterActions = {
  /** The controllers of a single master, which elected no leader, do so from now on. */
  elect: "elect-leaders",
  join: "join-etcd",
  leave: "leave-etcd",
} as const;

/** Until it has left etcd, nothing of a master is touched for good. Said of the action, so that it holds of plans of earlier versions too. */
export const revocableActions: ReadonlySet<string> = new Set([masterActions.leave]);

const names: ReadonlySet<string> = new Set(Object.values(masterActions));

/** The numbers of masters that a cluster may have: others bear no more failures than one less, and cost one more. */
export const mastersAllowed = [1, 3, 5] as const;
export const mostMasters = 5;

/** Why a cluster may not have so many masters; "" when it may. `even`: the operator has asked for an even number. */
export function countProblem(count: number, even: boolean): string {
  if (count === 0) return "a cluster needs a master: to remove the last one, delete the cluster";
  if (count > mostMasters) return `a cluster has at most ${mostMasters} masters, not ${count}`;
  if (even || mastersAllowed.some((allowed) => allowed === count)) return "";
  return `a cluster has 1, 3 or 5 masters, and it would have ${count}, which bears no more failures than ${count - 1}: ask for the others in the same request, or add ?even=true`;
}

/** The plan that changes the masters of the workload now; undefined when none does. */
export function masterPlan({ plans = [] }: Pick<WorkloadRecord, "plans">): WorkloadPlan | undefined {
  return plans.find(({ stages }) => stages.some(({ action = "" }) => names.has(action)));
}

/** True for a master whose turn has come to leave etcd, until the plan knows that it has left. */
export function leavesEtcd({ plans = [] }: Pick<WorkloadRecord, "plans">, unit: string): boolean {
  const entry = { action: masterActions.leave, unit };
  return plans.some((plan) => plan.begun.includes(entryKey(entry)) && isOpen(plan, entry));
}

/** Why what runs of the node may end, in words; "" for one that stays. */
export function endWords(workload: Pick<WorkloadRecord, "plans" | "deleting">, unit: string): string {
  if (leavesEtcd(workload, unit)) return "it leaves etcd";
  if (!isLeaving(workload, unit)) return "";
  return workload.plans?.some((plan) => entryOf(plan, "replace", unit) !== undefined) === true
    ? "it is being replaced"
    : "it is being removed";
}

/** Why no other plan may change masters now; "" when one may. */
export function planProblem(workload: Pick<WorkloadRecord, "plans">): string {
  const plan = masterPlan(workload);
  if (plan === undefined) return "";
  const units = [...new Set(plan.stages.flatMap((stage) => stage.units))].join(", ");
  return `the masters are being changed already (${plan.goal}: ${units}), and only one such plan goes on at a time: wait until it is complete; GET …/state shows it${wayOut(plan)}`;
}

/**
 * How the plan ends when it waits for a host that is lost, which nothing else may replace meanwhile. What has not left etcd stays a master;
 * what has left it goes, without the host that it waits for; what has not joined waits for another request.
 */
function wayOut(plan: WorkloadPlan): string {
  const open = entriesOf(plan).filter((entry) => isOpen(plan, entry));
  const unitsOf = (action: string) => open.filter((entry) => entry.action === action).map(({ unit }) => unit);
  const leaving = unitsOf(masterActions.leave);
  const joining = unitsOf(masterActions.join).filter((unit) => !leaving.includes(unit));
  const ending = unitsOf("remove").filter((unit) => !leaving.includes(unit));
  const left = [...leaving, ...ending, ...joining];
  if (left.length === 0) return "";
  const quoted = (units: readonly string[]) => units.map((unit) => `"${unit}"`).join(" and ");
  const skips = left.map((unit) => `POST …/plan/skip {"node": "${unit}"}`).join(" and ");
  const then = [
    ...(leaving.length > 0 ? [`${quoted(leaving)}, which stays a master, may be asked for again after it`] : []),
    ...(joining.length > 0
      ? [`${quoted(joining)} after it (POST …/nodes/:node/replace lets a master join again, DELETE removes it)`]
      : []),
  ];
  return `. If it waits for a host that is lost for good: ${skips} gives up what is left of it; ${["then replace the master of that host first", ...then].join(", and ")}`;
}

const stage = (name: string, action: string, unit: string): PlanStage => ({ name, action, units: [unit] });

/** Until it has left etcd, its vote counts: it is launched again should it end before, and stays where its end is given up. */
const leaves = (unit: string): PlanStage => ({
  ...stage("leave etcd", masterActions.leave, unit),
  keeps: true,
});

/** `present`: the masters that are there, without those that are added. */
export function joinStages(present: readonly string[], added: readonly string[]): readonly PlanStage[] {
  const [single] = present;
  const elect =
    present.length === 1 && single !== undefined ? [stage("elect leaders", masterActions.elect, single)] : [];
  return [...elect, ...added.map((unit) => stage("join etcd", masterActions.join, unit))];
}

/** `leaving`: in the order in which they go. Each is gone before the next one leaves etcd. */
export function leaveStages(leaving: readonly string[]): readonly PlanStage[] {
  return leaving.flatMap((unit) => [leaves(unit), ...endStages(unit)]);
}

/** The stages that give a node another instance. Those of a worker have no part in etcd. */
export function replaceStages(unit: string, isMaster: boolean): readonly PlanStage[] {
  const renew = stage("replace", "replace", unit);
  if (!isMaster) return [renew];
  return [leaves(unit), renew, stage("join etcd", masterActions.join, unit)];
}
