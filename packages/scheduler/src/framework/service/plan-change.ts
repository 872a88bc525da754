// Carries out an operator's command for a plan: workload/plans/plan-control decides the change, this file stores it and
// writes it to the cluster's log.
import type { Clock } from "@cke/foundation";
import { assertNever } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import {
  describeMark,
  type PlanAction,
  PlanRefusedError,
  type PlanTarget,
  pauseOf,
  removalWaits,
  retryNow,
  skipNode,
  skipProcess,
} from "../../workload/plans/plan-control.ts";
import { processTry } from "../../workload/plans/tries.ts";
import { skipInPlan, unskipInPlan } from "../../workload/plans/workload-plan.ts";
import { planPause } from "../../workload/plans/workload-steps.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal, type Mark, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { OrphanRemovals } from "../tasks/orphan-removals.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";

/** What such a change needs. */
export interface ChangeParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly kinds: Kinds;
  readonly orphanRemovals: OrphanRemovals;
  readonly orphanTimer: OrphanTimer;
}

interface Change {
  readonly parts: ChangeParts;
  readonly cluster: WorkloadRecord;
  /** The node in question; undefined for all. */
  readonly node: UnitRecord | undefined;
  readonly process: string | undefined;
  readonly mark: Mark;
}

/** Makes the change and returns what was done. Throws PartNotFoundError or PlanRefusedError. */
export async function changePlan(
  parts: ChangeParts,
  cluster: WorkloadRecord,
  action: PlanAction,
  target: PlanTarget,
  by: string,
): Promise<string> {
  const change = {
    parts,
    cluster,
    node: nodeOf(parts, cluster, target),
    process: target.process,
    mark: { sinceMs: parts.clock.now(), by },
  };
  switch (action) {
    case "pause":
      return await pause(change);
    case "resume":
      return await resume(change);
    case "retry":
      return await retry(change);
    case "skip":
      return await skip(change);
    default:
      return assertNever(action);
  }
}

function nodeOf(parts: ChangeParts, workload: WorkloadRecord, target: PlanTarget): UnitRecord | undefined {
  const { spec } = workload;
  if (target.node === undefined) {
    if (target.process === undefined) return undefined;
    throw new PlanRefusedError(`which node's ${target.process} is meant? say "node" too`, 422);
  }
  const record = parts.ledger.unit(spec.name, target.node);
  const names = spec.units.map(({ name }) => name);
  if (record === undefined) throw new PartNotFoundError("node", `cluster "${spec.name}"`, target.node, names);
  const processes = processesOf(parts, workload, record).map(({ name }) => name);
  if (target.process !== undefined && !processes.includes(target.process))
    throw new PartNotFoundError("process", `node "${record.unit}"`, target.process, processes);
  return record;
}

const processesOf = (parts: ChangeParts, workload: WorkloadRecord, record: UnitRecord) =>
  parts.kinds.outline(workload, record.unit)?.processes ?? [];

function whole({ process }: Change, verb: string): void {
  if (process === undefined) return;
  throw new PlanRefusedError(`a process alone cannot be ${verb}: say its node, or skip the process`, 422);
}

const nameOf = ({ cluster, node }: Change) =>
  node === undefined ? `the plan of cluster "${cluster.spec.name}"` : `the plan of node "${node.unit}"`;

/** Stores the change and writes it to the log. */
async function done(
  change: Change,
  records: { workload?: WorkloadRecord; units?: readonly UnitRecord[] },
  words: string,
) {
  const { parts, cluster, node, mark } = change;
  await parts.ledger.commit(records);
  const fields = node === undefined ? {} : { node: node.unit };
  parts.logs.line("info", cluster.spec.name, `${words}${mark.by === "" ? "" : ` (asked for by ${mark.by})`}`, fields);
  return words;
}

async function pause(change: Change): Promise<string> {
  whole(change, "paused");
  const { cluster, node, mark } = change;
  if (cluster.deleting) throw new PlanRefusedError("the cluster is being deleted, which cannot be paused", 409);
  const before = node === undefined ? cluster.paused : node.paused;
  // A pause that is older than the plan does not hold the plan: the new one does.
  const holds = node !== undefined || cluster.plan === undefined || planPause(cluster, cluster.plan) !== "";
  if (before !== undefined && holds) return `${nameOf(change)} was paused already, ${describeMark(before)}`;
  const words = `${nameOf(change)} is paused: nothing is launched, what runs goes on`;
  if (node === undefined) return await done(change, { workload: { ...cluster, paused: mark } }, words);
  return await done(change, { units: [{ ...node, paused: mark }] }, words);
}

async function resume(change: Change): Promise<string> {
  whole(change, "resumed");
  const { cluster, node } = change;
  const words = `${nameOf(change)} goes on`;
  if (node === undefined) {
    if (cluster.paused === undefined) return `${nameOf(change)} was not paused`;
    return await done(change, { workload: { ...cluster, paused: undefined } }, words);
  }
  if (node.paused === undefined) {
    if (cluster.paused === undefined) return `${nameOf(change)} was not paused`;
    throw new PlanRefusedError(`${pauseOf(cluster, node)}: resume it without "node"`, 409);
  }
  return await done(change, { units: [{ ...node, paused: undefined }] }, words);
}

async function retry(change: Change): Promise<string> {
  const { parts, cluster, node, process, mark } = change;
  const plan = process === undefined && cluster.plan !== undefined ? unskipInPlan(cluster.plan, node?.unit) : undefined;
  const waitedFor = plan !== undefined && plan !== cluster.plan;
  const records = node === undefined ? parts.ledger.units(cluster.spec.name) : [node];
  const changed = records.flatMap((record) => {
    const fresh = retryNow(record, process, mark.sinceMs);
    return fresh === record ? [] : [fresh];
  });
  if (waitedFor && changed.length === 0)
    return await done(change, { workload: { ...cluster, plan } }, `${nameOf(change)} waits again for what was skipped`);
  if (changed.length === 0) return nothingToRetry(change, records);
  for (const record of changed) parts.orphanTimer.forget(record.workload, record.unit);
  const what = process === undefined ? "" : `${process} of `;
  const held = changed.map((record) => pauseOf(cluster, record)).find((words) => words !== "");
  const words = `${what}${changed.map((record) => `node "${record.unit}"`).join(", ")}: tried again at once`;
  return await done(
    change,
    waitedFor ? { workload: { ...cluster, plan }, units: changed } : { units: changed },
    held === undefined ? words : `${words}, as soon as it is resumed: ${held}`,
  );
}

/** A process that fails inside a node is started again by the wrapper, so there is nothing to retry. */
function nothingToRetry(change: Change, records: readonly UnitRecord[]): string {
  const restarting = records.flatMap((record) =>
    (record.launch?.tasks ?? []).flatMap((task) => {
      const { nextMs } = processTry(task, change.mark.sinceMs);
      if (task.process === "" || nextMs === 0 || isTerminal(task)) return [];
      return `${task.process} of node "${record.unit}" is started again by its wrapper at ${new Date(nextMs).toISOString()}`;
    }),
  );
  return `${nameOf(change)}: ${restarting.length === 0 ? "nothing had failed or waits for its next try" : restarting.join("; ")}`;
}

async function skip(change: Change): Promise<string> {
  const { parts, cluster, node, process, mark } = change;
  if (node !== undefined && process !== undefined) {
    const found = processesOf(parts, cluster, node).find(({ name }) => name === process);
    if (found === undefined) throw new PartNotFoundError("process", `node "${node.unit}"`, process, []);
    const skipped = skipProcess(node, found, mark);
    const words = `${process} of node "${node.unit}" is given up until a retry is asked for`;
    return skipped === node ? words : await done(change, { units: [skipped] }, words);
  }
  if (node !== undefined && cluster.plan?.begun.includes(node.unit) && !cluster.deleting) {
    const plan = skipInPlan(cluster.plan, node.unit, mark);
    const words = `nobody waits for node "${node.unit}" in ${nameOf({ ...change, node: undefined })}`;
    return plan === cluster.plan ? words : await done(change, { workload: { ...cluster, plan } }, words);
  }
  if (node === undefined && !cluster.deleting)
    throw new PlanRefusedError('a cluster cannot be skipped: say which "node" and "process" to give up', 422);
  const records = node === undefined ? parts.ledger.units(cluster.spec.name).filter(removalWaits) : [node];
  if (records.length === 0) throw new PlanRefusedError("the removal of the cluster waits for nothing to skip", 409);
  const rules = parts.kinds.of(cluster).rules;
  const given = records.map((before) => ({ before, ...skipNode(before, { deleting: cluster.deleting, rules }) }));
  // What is given up was deleted: if it comes back, it is removed with its data.
  for (const { before, record } of given) {
    const left = launchesOf(record);
    await parts.orphanRemovals.add(
      record.instance,
      launchesOf(before).filter((launch) => !left.includes(launch)),
    );
  }
  for (const { record, words } of given)
    for (const text of words) parts.logs.line("warning", record.workload, text, { node: record.unit });
  const words = given.flatMap((one) => one.words).join("; ");
  return await done(change, { units: given.map(({ record }) => record) }, words);
}
