// The status of a cluster, one word and a one-line reason, from its records. The list, the cluster's view, its state
// and the metrics use it. Pure.

import { boundedText } from "@cke/foundation";
import { describeMark, skipOf } from "../../workload/plans/plan-control.ts";
import { waitsOfReplacement } from "../../workload/plans/unit-progress.ts";
import { planPause } from "../../workload/plans/workload-steps.ts";
import { entryOf, isOpen } from "../../workload/records/plan-record.ts";
import {
  isOutOfReach,
  type LaunchRecord,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import {
  awaitedOrphans,
  awaitsAnother,
  isBeingRemoved,
  isBeingReplaced,
  isLeaving,
  unendedOrphans,
} from "../../workload/records/removal-state.ts";
import { isResourceTask } from "../../workload/records/resource-tasks.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { isRefused } from "../../workload/tasks/retry-policy.ts";
import {
  isHalted,
  isServing,
  type RequiredProcess,
  taskStatus,
  unitStatus,
  type Wish,
  wishOf,
} from "../../workload/tasks/statuses.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { leavesEtcd, masterActions } from "../masters/master-plans.ts";
import { replacementGoal } from "../nodes/removal-plan.ts";
import { stoppedQuorum } from "../processes/etcd-stop.ts";
import type { ClusterStatus } from "./cluster-views.ts";

export interface ClusterRecords {
  readonly cluster: ClusterRecord;
  readonly nodes: readonly UnitRecord[];
  /** Processes without which a node is not healthy. */
  readonly required: (node: string) => readonly RequiredProcess[];
  /** Nodes with which a plan does not go on before an operator asks for it, and why. Absent: no plan has failed. */
  readonly planFailures?: (() => ReadonlyMap<string, string>) | undefined;
}

/** After this many failed launches in a row a node is not expected to come up by itself. */
const hopelessAfter = 3;
const maxNodesNamed = 5;
const maxWordsBytes = 200;

/**
 * - `running`: all that is to run runs and is healthy, and nothing of it is being replaced.
 * - `degraded`: not all of it does, but a quorum of its masters served at some time since it was created or started.
 * - `starting`: its first bring-up; every obstacle passes by itself.
 * - `failed`: so many of its masters cannot come up without help, or are stopped on request, they or their etcd, that there is no quorum.
 * - `stopping`, `stopped`: it is not to run (`expect`); its data stays.
 * - `killing`, `killed`: it is being deleted.
 */
export function clusterStatus(records: ClusterRecords): ClusterStatus {
  const { cluster, nodes } = records;
  if (cluster.deleting) return nodes.every((node) => unitStatus(node, "delete") === "killed") ? "killed" : "killing";
  if (cluster.spec.expect !== "RUN")
    return nodes.every((node) => unitStatus(node, "stop") === "killed") ? "stopped" : "stopping";
  if (stoppedEtcds(cluster) !== "") return "failed";
  const wanted = nodes.filter((node) => wishOf(cluster, node.unit) === "run");
  const isWhole = !nodes.some(({ unit }) => awaitsAnother(cluster, unit));
  if (isWhole && wanted.every((node) => unitStatus(node, "run") === "running")) return "running";
  // What etcd does not count yet takes nothing from what there is.
  const names = new Set(cluster.spec.units.filter(({ type }) => type === "master").map(({ name }) => name));
  const masters = nodes.filter(({ unit }) => names.has(unit) && !isJoining(cluster, unit));
  const quorum = Math.floor(masters.length / 2) + 1;
  const served = new Set(
    masters.filter((node) => hasServed(node, records.required(node.unit))).map(({ unit }) => unit),
  );
  // Masters that were added are members before they serve: the cluster is there as long as those that founded it have served.
  const founders = cluster.spec.units.filter(({ type, joins }) => type === "master" && joins === undefined);
  const founded = founders.length > 0 && founders.every(({ name }) => served.has(name));
  if (served.size >= quorum || founded) return "degraded";
  const hopeful = masters.filter((node) => !needsHelp(node, records.required(node.unit)));
  return hopeful.length >= quorum ? "starting" : "failed";
}

/** Why it has no quorum until an operator starts an etcd, or a master, that is stopped on request; "" for one that may have a quorum, or is not to run. */
function stoppedEtcds(cluster: ClusterRecord): string {
  const { units, expect } = cluster.spec;
  if (cluster.deleting || expect !== "RUN") return "";
  const masters = units.filter(({ name, type }) => type === "master" && !isJoining(cluster, name));
  return stoppedQuorum(
    masters.map(({ name, expect: own, processes = [] }) => {
      const nodeStopped = own === "STOP";
      const etcdStopped = processes.some((process) => process.type === "etcd" && process.expect === "STOP");
      return { node: name, nodeStopped, wanted: !nodeStopped && !etcdStopped };
    }),
  );
}

/** In one line: why it has no quorum, a pause, the nodes that are not as they should be, and their statuses; "" when all is well. */
export function clusterStatusReason(records: ClusterRecords): string {
  const { cluster, nodes } = records;
  const troubled = nodes.filter((node) => {
    const wish = wishOf(cluster, node.unit);
    return unitStatus(node, wish) !== (wish === "run" ? "running" : "killed");
  });
  const stopped = stoppedEtcds(cluster);
  if (troubled.length === 0) return stopped;
  const failures = records.planFailures?.();
  // A cluster that comes up may have a thousand of them: words are found for those that are named only.
  const troubles = troubled
    .slice(0, maxNodesNamed)
    .map((node) => nodeTrouble(cluster, node, failures?.get(node.unit) ?? ""));
  const more = troubled.length - maxNodesNamed;
  const pause = pauseOf(cluster);
  const named = [...[stopped, pause].filter((words) => words !== ""), ...troubles].join("; ");
  return withoutSecrets(more > 0 ? `${named}; and ${more} more` : named);
}

/** Why the node is not as it should be, after its name. `failure`: why a plan does not go on with it; "" while it does. */
function nodeTrouble(cluster: ClusterRecord, node: UnitRecord, failure: string): string {
  const wish = wishOf(cluster, node.unit);
  const replaced = isBeingReplaced(cluster, node.unit) ? waitsOfReplacement(node) : [];
  const words =
    wish === "run"
      ? troubleOf(node, isJoining(cluster, node.unit))
      : replaced.length > 0
        ? oneLine(`is being replaced, ${replaced.join(", ")}`)
        : endingOf(node, wish, wish === "stop" && isStopping(cluster, node.unit));
  return `${node.unit}: ${[...planWords(cluster, node, failure), words].join(", ")}`;
}

/** What a plan is to do with the node and has not begun; why it does not go on; and its own pause. */
function planWords(
  { plans = [], deleting, ...rest }: ClusterRecord,
  node: UnitRecord,
  failure: string,
): readonly string[] {
  const { unit, paused } = node;
  const waits = isLeaving({ plans, deleting }, unit) && !isBeingRemoved({ plans, deleting }, unit);
  const replaces = plans.some(
    ({ goal, stages }) => goal === replacementGoal && stages.some(({ units }) => units.includes(unit)),
  );
  const held = !deleting && rest.paused === undefined && paused !== undefined;
  return [
    ...(leavesEtcd({ plans }, unit) ? ["leaves etcd"] : []),
    ...(waits ? [replaces ? "to be replaced" : "to be removed"] : []),
    ...(failure === "" ? [] : [`its plan has failed (${oneLine(failure)})`]),
    ...(held && !isBeingRemoved({ plans, deleting }, unit) ? [`its plan is paused ${describeMark(paused)}`] : []),
  ];
}

/** Why the cluster does not go on to what is wanted: its plan is paused; "" when it is not. A pause holds no removal. */
function pauseOf({ paused, plan, deleting }: ClusterRecord): string {
  if (paused === undefined || deleting) return "";
  return plan === undefined ? `the plan is paused ${describeMark(paused)}` : planPause({ paused }, plan);
}

/** True for a master that is no member of the cluster's etcd yet: it was added or replaced, and has not joined. */
function isJoining({ plans = [] }: ClusterRecord, unit: string): boolean {
  return plans.some((plan) => {
    const entry = entryOf(plan, masterActions.join, unit);
    return entry !== undefined && isOpen(plan, entry);
  });
}

/** Now, or at some time since its cluster was created or started. */
function hasServed(record: UnitRecord, required: readonly RequiredProcess[]): boolean {
  return record.servedAtMs > 0 || isServing(record, required);
}

/** True when the node does not come up by itself, or has not for so long that waiting is useless. */
function needsHelp(record: UnitRecord, required: readonly RequiredProcess[]): boolean {
  const { launch } = record;
  if (launch === undefined) return record.blocked || record.needsHelp || record.failures >= hopelessAfter;
  return launch.tasks.some(
    (task) =>
      required.some(({ name }) => name === task.process) &&
      (isRefused(task) || task.failures >= hopelessAfter || skipOf(record, task.process) !== undefined),
  );
}

/** For a node that is to run and does not, or not all of it. */
function troubleOf(record: UnitRecord, joins: boolean): string {
  const { launch } = record;
  if (launch === undefined) {
    if (record.lastFailure === "") return joins ? "not launched yet, it joins etcd in its turn" : "not launched yet";
    return `not running; its last launch ended: ${oneLine(record.lastFailure)}`;
  }
  const node = unitTaskOf(launch);
  if (node === undefined) return "its launch has no task";
  if (isOutOfReach(node)) return `its agent ${launch.hostname} is out of reach`;
  const silence = silenceOf(node);
  if (silence !== undefined) return oneLine(silence.words);
  const own = taskStatus(node, "run");
  if (launch.stopBegan === true && (own === "killing" || own === "killed"))
    return `stops on ${launch.hostname}, and is started again after that`;
  if (own !== "running")
    return `${own} on ${launch.hostname}${node.message === "" ? "" : `: ${oneLine(node.message)}`}`;
  return processesOf(launch);
}

/** The processes that are not well, by status, and why the first of those that failed did: "kubelet failed (exit code 1), docker starting". */
function processesOf(launch: LaunchRecord): string {
  const processes = launch.tasks.filter((task) => !isResourceTask(task) && !isHalted(task));
  const sick = processes.map((task) => ({ task, status: taskStatus(task, "run") }));
  const byStatus = Map.groupBy(
    sick.filter(({ status }) => status !== "running" && status !== "finished"),
    ({ status }) => status,
  );
  const why = failureWords(sick.find(({ status }) => status === "failed")?.task);
  const named = (status: string, tasks: readonly { readonly task: TaskRecord }[]) =>
    `${tasks.map(({ task }) => task.process).join(", ")} ${status}${status === "failed" ? why : ""}`;
  return [...byStatus]
    .sort(([left], [right]) => (left === "failed" ? -1 : right === "failed" ? 1 : 0))
    .map(([status, tasks]) => named(status, tasks))
    .join(", ");
}

/** " (its words)"; "" when nothing was said. */
function failureWords(task: TaskRecord | undefined): string {
  const words = task === undefined ? "" : oneLine(failureOf(task)?.message ?? "");
  return words === "" ? "" : ` (${words})`;
}

/** True for a node whose own stop was asked for, or whose turn has come in the stop of its cluster. */
function isStopping({ spec, plan }: ClusterRecord, unit: string): boolean {
  return spec.expect === "RUN" || plan?.begun.includes(unit) === true;
}

/** For a node that is not to run and is not gone yet. */
function endingOf(record: UnitRecord, wish: Wish, stopping: boolean): string {
  const { launch, reservations, superseded } = record;
  if (launch !== undefined) {
    const node = unitTaskOf(launch);
    const away = node !== undefined && isOutOfReach(node);
    return away
      ? `its agent ${launch.hostname} is out of reach`
      : `${stopping ? "stopping" : "still"} on ${launch.hostname}`;
  }
  const unended = unendedOrphans(record).map(({ hostname }) => hostname);
  if (wish === "stop" && unended.length > 0)
    return oneLine(`may still run on ${unended.join(", ")}, where an executor is to end it`);
  if (wish === "stop")
    return oneLine(`an earlier one may still run on ${superseded.map(({ hostname }) => hostname).join(", ")}`);
  const hosts = awaitedOrphans(record)
    .map(({ hostname }) => hostname)
    .join(", ");
  if (hosts !== "") return oneLine(`being cleaned up on ${hosts}`);
  return oneLine(`still reserved on ${reservations.map(({ hostname }) => hostname).join(", ")}`);
}

function oneLine(text: string): string {
  return boundedText(text.trim().replace(/\s+/g, " "), { maxBytes: maxWordsBytes, keep: "start" });
}
