// Decides what is kept on an agent for a unit that is to run there: what it needs beyond what its tasks hold. Mesos
// counts these resources as free. An ended process comes back to them, a killed unit returns to them, and so does one
// whose one-shots gave back what they had (launches of earlier versions). Other requests do not get them. Pure.

import { nodeShare, processShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { toMillis } from "../../workload/outline/unit-outline.ts";
import {
  isTerminal,
  type LaunchRecord,
  type UnitRecord,
  unitTaskOf,
  type WorkloadRecord,
} from "../../workload/records/records.ts";
import { isStateful } from "../../workload/records/workload-spec.ts";
import { partsOf } from "../launch/launch-builder.ts";
import type { Claim, ClaimAmounts } from "../offer-fit/claim.ts";
import { homeGraceMs } from "./placement-requests.ts";

/** An agent, as far as claims depend on it. */
export interface ClaimPlace {
  readonly agentId: string;
  readonly hostname: string;
  /** The framework's executors on the agent, as an offer lists them; absent when no offer tells. */
  readonly executorIds?: ReadonlySet<string> | undefined;
}

/** An offer may be held for some seconds, so a younger executor may be missing in its list. */
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
 * Urgencies as in offer-fitness.ts: a master that returns, a process that joins its unit, any other unit that returns.
 */
const [ofMaster, ofProcess, ofNode] = [0, 1, 2];

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
  partsOf(outline, pod).reduce((sum, part) => add(sum, { ...part, disk: part.disk ?? 0 }), none);

interface Shares {
  /** Of tasks that have ended and will be launched again. */
  readonly ended: ClaimAmounts;
  /** Of live tasks and of their executor. */
  readonly held: ClaimAmounts;
}

function sharesOf(launch: LaunchRecord, outline: UnitOutline): Shares {
  const byNode = launch.oneShotsHeldByNode === true;
  const processes = new Map(outline.processes.map((process) => [process.name, process]));
  let [ended, held] = [none, none];
  for (const task of launch.tasks) {
    const process = processes.get(task.process);
    const share = process === undefined ? nodeShare(outline, byNode) : processShare(process, byNode);
    const amounts = { cpus: share.cpu, mem: share.mem };
    if (task.process !== "" && process === undefined) continue;
    if (!isTerminal(task)) held = add(held, amounts);
    else if (process?.mayFinish !== true || task.state !== "TASK_FINISHED") ended = add(ended, amounts);
  }
  if (!launch.tasks.every(isTerminal)) {
    const [executor] = partsOf(outline, launch.pod === true);
    held = add(held, { ...executor, disk: executor?.disk ?? 0 });
  }
  return { ended, held };
}

export interface ClaimInput {
  readonly cluster: WorkloadRecord;
  readonly record: UnitRecord;
  readonly outline: UnitOutline;
  readonly place: ClaimPlace;
  readonly now: number;
}

/** What is kept for the unit on this agent, in the order of urgency. */
export function claimsOf({ cluster, record, outline, place, now }: ClaimInput): readonly Claim[] {
  const spec = cluster.spec.units.find(({ name }) => name === record.unit);
  const isWanted = !cluster.deleting && cluster.spec.expect === "RUN" && spec?.expect === "RUN";
  if (spec === undefined || !isWanted) return [];
  const { launch, home } = record;
  const stateful = isStateful(cluster.spec, record.unit);
  const whole = wholeOf(outline, launch?.pod ?? spec.pod);
  const node = `${record.workload}/${record.unit}`;
  const claim = (urgency: number, amounts: ClaimAmounts, roles: readonly string[], ports: readonly number[]) =>
    isNothing(amounts) ? [] : [{ node, urgency, roles, ports, ...amounts }];
  // What Mesos reserves for the unit cannot be taken by others.
  const kept = record.reservations
    .filter(({ agentId, state }) => agentId === place.agentId && (state === "reserved" || state === "intended"))
    .reduce((sum, { amounts }) => add(sum, { cpus: amounts.cpus, mem: amounts.mem }), none);
  const returns = stateful ? ofMaster : ofNode;
  if (launch === undefined) {
    const isHome = home !== "" && home.toLowerCase() === place.hostname.toLowerCase();
    if (!isHome || (!stateful && now >= record.retryAtMs + homeGraceMs)) return [];
    const roles = cluster.spec.role === "" ? [] : [cluster.spec.role];
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
  return [...claim(ofProcess, due, [launch.role], []), ...claim(ofNode, beyond(missing, due), [launch.role], [])];
}
