// Decides what is kept on an agent for a unit that is to run there: what it needs beyond what its tasks hold. Mesos
// counts these resources as free. An ended process comes back to them, a killed unit returns to them, and so does one
// whose one-shots gave back what they had (launches of earlier versions). Other requests do not get them. Pure.

import { processShare, unitShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { toMillis } from "../../workload/outline/unit-outline.ts";
import {
  isTerminal,
  type LaunchRecord,
  type UnitRecord,
  unitTaskOf,
  type WorkloadRecord,
} from "../../workload/records/records.ts";
import { holderOf, isResourceTask } from "../../workload/records/resource-tasks.ts";
import { isTied } from "../../workload/records/workload-spec.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import { ownParts, partOf } from "../launch/launch-parts.ts";
import type { Claim, ClaimAmounts } from "../offer-fit/claim.ts";
import { homeGraceMs } from "./placement-requests.ts";

/** An agent, as far as claims depend on it. */
export interface ClaimPlace {
  readonly agentId: string;
  readonly hostname: string;
  /** The framework's executors on the agent, as an offer lists them; absent when no offer tells. */
  readonly executorIds?: ReadonlySet<string> | undefined;
}

/** An offer may be pooled for some seconds, so a younger executor may be missing in its list. */
const listedAfterMs = 30_000;

/**
 * True when the agent's offer does not list this launch's executor: its resources are free, although no update has
 * reported its end yet. After an agent's return offers may arrive before those updates.
 */
export function isLostBy(launch: LaunchRecord, { agentId, executorIds }: ClaimPlace, now: number): boolean {
  if (executorIds === undefined || launch.agentId !== agentId) return false;
  return !executorIds.has(launch.executorId) && now - launch.createdAtMs > listedAfterMs;
}

/**
 * Urgencies as in offer-fitness.ts: a tied unit that returns, a process that joins its unit, any other unit that returns.
 */
const [ofTied, ofProcess, ofUnit] = [0, 1, 2];

const none: ClaimAmounts = { cpus: 0, mem: 0, disk: 0 };
const isNothing = ({ cpus, mem, disk }: ClaimAmounts) => cpus === 0 && mem === 0 && disk === 0;
const millis = (cpus: number) => toMillis(cpus) / 1000;

const add = (left: ClaimAmounts, right: Partial<ClaimAmounts>): ClaimAmounts => ({
  cpus: millis(left.cpus + (right.cpus ?? 0)),
  mem: left.mem + (right.mem ?? 0),
  disk: left.disk + (right.disk ?? 0),
});

const beyond = (left: ClaimAmounts, right: ClaimAmounts): ClaimAmounts => ({
  cpus: millis(Math.max(0, left.cpus - right.cpus)),
  mem: Math.max(0, left.mem - right.mem),
  disk: Math.max(0, left.disk - right.disk),
});

const wholeOf = (outline: UnitOutline, pod: boolean) =>
  [...ownParts(outline, { pod }), ...outline.processes.map((process) => partOf(processShare(process)))].reduce(
    (sum, part) => add(sum, { ...part, disk: part.disk ?? 0 }),
    none,
  );

interface Shares {
  /** Of tasks that have ended and will be launched again. */
  readonly ended: ClaimAmounts;
  /** Of live tasks and of their executor. */
  readonly held: ClaimAmounts;
}

function sharesOf(launch: LaunchRecord, outline: UnitOutline): Shares {
  const byUnit = launch.oneShotsHeldByUnit === true;
  const processes = new Map(outline.processes.map((process) => [process.name, process]));
  let [ended, held] = [none, none];
  for (const task of launch.tasks) {
    if (isResourceTask(task)) {
      // For a process that is given up nothing is held again.
      if (isTerminal(task) && !processes.has(holderOf(task.process) ?? "")) continue;
      const { cpu, mem } = task.holds ?? { cpu: 0, mem: 0 };
      // What it held may be held again, as far as the unit misses it.
      if (!isTerminal(task)) held = add(held, { cpus: cpu, mem });
      else ended = add(ended, { cpus: cpu, mem });
      continue;
    }
    const process = processes.get(task.process);
    const share = process === undefined ? unitShare(outline, byUnit) : processShare(process, byUnit);
    // What was changed since is launched anew with all of it.
    const own = isTerminal(task) ? share : (task.holds ?? share);
    const amounts = { cpus: own.cpu, mem: own.mem };
    if (task.process !== "" && process === undefined) continue;
    if (!isTerminal(task)) held = add(held, amounts);
    else if (process?.mayFinish !== true || task.state !== "TASK_FINISHED") ended = add(ended, amounts);
  }
  if (!launch.tasks.every(isTerminal)) {
    const [executor] = ownParts(outline, { pod: launch.pod === true });
    held = add(held, { ...executor, disk: executor.disk ?? 0 });
  }
  return { ended, held };
}

export interface ClaimInput {
  readonly workload: WorkloadRecord;
  readonly record: UnitRecord;
  readonly outline: UnitOutline;
  readonly place: ClaimPlace;
  readonly now: number;
}

/** The outline without what an operator has given up until a retry: nothing is kept for that. */
function withoutSkipped(outline: UnitOutline, { skipped, launch }: UnitRecord): UnitOutline {
  if (skipped.length === 0 || launch === undefined) return outline;
  const names = new Set(skipped.map(({ process }) => process));
  return { ...outline, processes: outline.processes.filter(({ name }) => !names.has(name)) };
}

/** What is kept for the unit on this agent, in the order of urgency. */
export function claimsOf({ outline: all, ...input }: ClaimInput): readonly Claim[] {
  const { workload, record, place, now } = input;
  const outline = withoutSkipped(all, record);
  const spec = workload.spec.units.find(({ name }) => name === record.unit);
  const isWanted = wishOf(workload, record.unit) === "run";
  if (spec === undefined || !isWanted || record.finishedAtMs !== undefined) return [];
  const { launch, home } = record;
  const tied = isTied(workload.spec, record);
  const whole = wholeOf(outline, launch?.pod ?? spec.pod);
  const unit = `${record.workload}/${record.unit}`;
  const claim = (urgency: number, amounts: ClaimAmounts, roles: readonly string[], ports: readonly number[]) =>
    isNothing(amounts) ? [] : [{ unit, urgency, roles, ports, ...amounts }];
  // What Mesos reserves for the unit cannot be taken by others.
  const kept = record.reservations
    .filter(({ agentId, state }) => agentId === place.agentId && (state === "reserved" || state === "intended"))
    .reduce((sum, { amounts }) => add(sum, { cpus: amounts.cpus, mem: amounts.mem }), none);
  const returns = tied ? ofTied : ofUnit;
  if (launch === undefined) {
    const isHome = home !== "" && home.toLowerCase() === place.hostname.toLowerCase();
    if (!isHome || (!tied && now >= record.retryAtMs + homeGraceMs)) return [];
    const roles = workload.spec.role === "" ? [] : [workload.spec.role];
    return claim(returns, beyond(whole, kept), roles, outline.hostPorts);
  }
  if (launch.agentId !== place.agentId || launch.cleanup || launch.evicted !== "") return [];
  if (isLostBy(launch, place, now)) return claim(returns, beyond(whole, kept), [launch.role], outline.hostPorts);
  const { ended, held } = sharesOf(launch, outline);
  const missing = beyond(beyond(whole, held), beyond(kept, held));
  if (isNothing(missing)) return [];
  const task = unitTaskOf(launch);
  if (task === undefined || isTerminal(task))
    return home === "" ? [] : claim(returns, missing, [launch.role], outline.hostPorts);
  const due = {
    cpus: Math.min(ended.cpus, missing.cpus),
    mem: Math.min(ended.mem, missing.mem),
    disk: Math.min(ended.disk, missing.disk),
  };
  return [...claim(ofProcess, due, [launch.role], []), ...claim(ofUnit, beyond(missing, due), [launch.role], [])];
}
