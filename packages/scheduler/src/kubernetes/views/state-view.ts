// The state of a cluster in the REST API: everything that is known about every node and process. Pure.
import type { ProbeState } from "@cke/protocol";
import { describeMark, skipOf } from "../../workload/plans/plan-control.ts";
import { firstTry, processTry, tryView, unitTry } from "../../workload/plans/tries.ts";
import { waitOfUnit } from "../../workload/plans/workload-plan-view.ts";
import {
  isTerminal,
  processTaskOf,
  reportOf,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { awaitsAnother, isToLeave } from "../../workload/records/removal-state.ts";
import { reservationView } from "../../workload/reservations/reservation-view.ts";
import { processReasonOf } from "../../workload/tasks/process-reason.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { type Wish, wishOf } from "../../workload/tasks/statuses.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";
import { bgpView } from "../network/bgp-view.ts";
import { type AppliedPeers, appliedPeers, describePeers } from "../peers/applied-peers.ts";
import { type FollowingState, pendingWords } from "../processes/process-words.ts";
import type { ClusterStateView, NodeStateView, ProbeStateView, ProcessStateView } from "./cluster-views.ts";
import type { ClusterPlanView, PendingNodeView } from "./plan-views.ts";
import {
  clusterBase,
  nodeBase,
  processes,
  processView,
  recordOf,
  type ViewedProcess,
  type ViewInput,
} from "./views.ts";

/** What the state is made from beside that. */
export interface StateInput extends ViewInput {
  readonly plan: ClusterPlanView;
  readonly pending: readonly PendingNodeView[];
  readonly now: number;
  /** The hashes that this version, configuration and flags would give; undefined when they cannot render it. */
  readonly present: (
    node: string,
  ) => { readonly configHash: string; readonly processes: ReadonlyMap<string, string> } | undefined;
  /** Version of the peers that all nodes must have; undefined when an earlier version rendered the cluster. */
  readonly peersVersion: string | undefined;
  /** How far a process is from what it is to be. */
  readonly process: (node: string, process: string) => FollowingState | undefined;
  /** Why the newest record of the node is not stored; "" when it is. */
  readonly storageProblem: (node: string) => string;
  /** Why they cannot; "" when they can. */
  readonly configurationProblem: string;
}

function describeSkip(record: UnitRecord | undefined, process: string): string {
  const skip = record === undefined ? undefined : skipOf(record, process);
  return skip === undefined ? "" : describeMark(skip);
}

const probeView = ({ name, phase, passing, everPassed, message }: ProbeState): ProbeStateView => ({
  name,
  phase,
  passing,
  ever_passed: everPassed,
  message: withoutSecrets(message),
});

interface ProcessContext {
  readonly stored: string;
  readonly present: string | undefined;
  readonly wish: Wish;
  readonly now: number;
  /** "since <time> by <who>"; "" when it was not given up. */
  readonly skipped: string;
  /** The task of its node. */
  readonly node: TaskRecord | undefined;
  readonly following: FollowingState | undefined;
}

function processState(
  process: ViewedProcess,
  task: TaskRecord | undefined,
  { stored, present, wish, now, skipped, node, following }: ProcessContext,
): ProcessStateView {
  const configHash = task?.configHash ?? stored;
  const report = task === undefined ? undefined : reportOf(task);
  const state = report?.kind === "process" ? report.value : undefined;
  const reason = withoutSecrets(task === undefined ? "" : processReasonOf(task, node));
  return {
    ...processView(process, task, wish),
    task_id: task?.taskId ?? "",
    task_state: task?.state === "TASK_INTENDED" ? "" : (task?.state ?? ""),
    // A one-shot that has finished counts as healthy.
    healthy: task?.state === "TASK_FINISHED" || (task?.state === "TASK_RUNNING" && task.healthy),
    restarts: state?.restarts ?? 0,
    pid: state?.pid ?? 0,
    reason:
      task !== undefined && isTerminal(task) && task.state !== "TASK_FINISHED"
        ? describeEnd(task)
        : reason === ""
          ? withoutSecrets(task?.message ?? "")
          : reason,
    exit_code: state?.exitCode ?? 0,
    exit_signal: state?.exitSignal ?? "",
    out_of_memory: state?.outOfMemory ?? false,
    last_output: withoutSecrets(state?.lastOutput ?? ""),
    output: withoutSecrets(state?.output ?? ""),
    start_when: state?.startWhen.map(probeView) ?? [],
    health: state?.health.map(probeView) ?? [],
    config_hash: configHash,
    outdated: present !== undefined && present !== configHash,
    ...tryView(processTry(task, now)),
    skipped,
    change: withoutSecrets(following === undefined ? "" : pendingWords(following)),
    mesos_res: following?.resources?.held ?? process.res,
  };
}

/** What the removal or the replacement of the node waits for; "" for a node that stays. */
function endWords({ cluster, plan }: StateInput, node: string): string {
  const wait = isToLeave(cluster, node) ? waitOfUnit(plan.changes, node) : "";
  if (wait === "") return "";
  return `${awaitsAnother(cluster, node) ? "is being replaced" : "is to go"} ${wait}`;
}

function nodeState(input: StateInput, node: NodeSpec): NodeStateView {
  const { plan } = input;
  const rendering = input.rendering(node.name);
  const present = input.present(node.name);
  const record = recordOf(input, node);
  const launch = record?.launch;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  const report = task === undefined ? undefined : reportOf(task);
  const container = report?.kind === "unit" ? report.value : undefined;
  const own = plan.nodes.find((candidate) => candidate.node === node.name);
  const configHash = launch !== undefined && !launch.cleanup ? launch.configHash : (rendering?.configHash ?? "");
  const silence = task === undefined ? undefined : silenceOf(task);
  const peers: AppliedPeers = record === undefined ? { kind: "none" } : appliedPeers(record);
  const storageProblem = input.storageProblem(node.name);
  const ends = endWords(input, node.name);
  // What of its bring-up is not done is of no interest any more while it runs.
  const phases = ends !== "" && launch !== undefined ? [] : own?.phases;
  const blocked = phases?.find(({ status, reason }) => status !== "done" && reason !== "");
  return {
    ...nodeBase(input, node),
    task_id: task?.taskId ?? "",
    task_state: task?.state === "TASK_INTENDED" ? "" : (task?.state ?? ""),
    agent_id: launch?.agentId ?? "",
    executor_id: launch?.executorId ?? "",
    incarnation: launch?.incarnation ?? "",
    container_id: container?.containerId ?? "",
    launch_step: container?.launchStep ?? "",
    step: container?.launchStep ?? "",
    detail: withoutSecrets(container?.detail ?? ""),
    reason: withoutSecrets(
      storageProblem ||
        [ends, silence?.words ?? blocked?.reason ?? container?.hostProblem ?? ""]
          .filter((words) => words !== "")
          .join("; "),
    ),
    unresponsive_since: silence === undefined ? "" : new Date(silence.sinceMs).toISOString(),
    storage_problem: storageProblem,
    peers_version: peers.kind === "follows" ? peers.version : "",
    peers_problem: withoutSecrets(describePeers(peers, input.peersVersion)),
    host_problem: withoutSecrets(container?.hostProblem ?? ""),
    bgp: bgpView(record),
    failures: record?.failures ?? 0,
    config_hash: configHash,
    rendered_by: rendering?.renderedBy ?? "",
    outdated: present !== undefined && present.configHash !== configHash,
    reservations: (record?.reservations ?? []).map(reservationView),
    ...tryView(record === undefined ? firstTry : unitTry(record, input.now)),
    processes: processes(input, node).map((process, index) =>
      processState(process, processTaskOf(launch, process.name), {
        stored: rendering?.processHashes[index] ?? "",
        present: present?.processes.get(process.name),
        wish: wishOf(input.cluster, node.name),
        now: input.now,
        skipped: describeSkip(record, process.name),
        node: task,
        following: input.process(node.name, process.name),
      }),
    ),
  };
}

export function clusterStateView(input: StateInput): ClusterStateView {
  return {
    ...clusterBase(input),
    nodes: input.cluster.spec.units.map((node) => nodeState(input, node)),
    configuration_problem: input.configurationProblem,
    pending: input.pending,
    plan: input.plan,
  };
}
