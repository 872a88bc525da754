// Records as the shapes of the REST API. Pure.
import type { ProbeState } from "@cke/protocol";
import type {
  ClusterListItem,
  ClusterStateView,
  ClusterView,
  NodeStateView,
  NodeView,
  ProbeStateView,
  ProcessStateView,
  ProcessView,
  ResView,
} from "./cluster-service.ts";
import type { ClusterSpec, NodeSpec, ProcessSpecification } from "./cluster-spec.ts";
import { apiserverPort } from "./computed-variables.ts";
import type { OutlineProcess } from "./node-outline.ts";
import { sumResources } from "./node-processes.ts";
import { executorResources, nodeTaskResources, totalOf } from "./node-renderer.ts";
import type { BringUpPlan } from "./plan.ts";
import {
  type ClusterRecord,
  isTerminal,
  type NodeRecord,
  nodeTaskOf,
  processTaskOf,
  reportOf,
  type TaskRecord,
} from "./records.ts";
import { describeEnd } from "./retry-policy.ts";
import { clusterStatus, nodeStatus, taskStatus } from "./statuses.ts";
import type { PackedRendering } from "./stored-rendering.ts";

/** What a view is made from. */
export interface ViewInput {
  readonly cluster: ClusterRecord;
  /** Undefined for a cluster of an older store that cannot be rendered. */
  readonly rendering: (
    node: string,
  ) => Pick<PackedRendering, "outline" | "configHash" | "processHashes" | "renderedBy"> | undefined;
  readonly nodes: readonly NodeRecord[];
}

/** What the state is made from beside that. */
export interface StateInput extends ViewInput {
  readonly plan: BringUpPlan;
  /** The hashes that this version, configuration and flags would give; undefined when they cannot render it. */
  readonly present: (
    node: string,
  ) => { readonly configHash: string; readonly processes: ReadonlyMap<string, string> } | undefined;
  /** Why they cannot; "" when they can. */
  readonly configurationProblem: string;
}

/** Of a node that was never rendered. */
const nothing = { executor: executorResources, nodeTask: nodeTaskResources, processes: [] };
const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());

/** URL of the first master's API server, in the cluster's network. */
export function apiserverOf(spec: ClusterSpec): string {
  const master = spec.nodes.find(({ type }) => type === "master");
  return master === undefined ? "" : `https://${master.ip}:${apiserverPort}`;
}

const outlineOf = (input: ViewInput, node: NodeSpec) => input.rendering(node.name)?.outline ?? nothing;

/** Executor and container, without the processes. */
function overhead(input: ViewInput, node: NodeSpec): ResView {
  const { executor, nodeTask } = outlineOf(input, node);
  return sumResources([executor, nodeTask]);
}

interface ViewedProcess extends OutlineProcess {
  /** What the user said of it; absent for one that comes from the configuration alone. */
  readonly asked: ProcessSpecification | undefined;
}

function processes(input: ViewInput, node: NodeSpec): readonly ViewedProcess[] {
  return outlineOf(input, node).processes.map((process) => ({
    ...process,
    asked: node.processes?.find(({ type }) => type === process.type),
  }));
}

const recordOf = (input: ViewInput, node: NodeSpec) => input.nodes.find((record) => record.node === node.name);

export function listItem(input: ViewInput): ClusterListItem {
  const { spec, createdAtMs, deleting } = input.cluster;
  const path = `/k8s/v1/clusters/${spec.name}/console`;
  const all = spec.nodes.map((node) => totalOf(outlineOf(input, node)));
  return {
    name: spec.name,
    k8s_ver: spec.version,
    create_time: time(createdAtMs),
    expect: deleting ? "FINISHED" : spec.expect,
    status: clusterStatus(input.cluster, input.nodes),
    total_res: sumResources(all),
    console: `${path}/kubectl`,
    dashboard: `${path}/dashboard`,
    apiserver: apiserverOf(spec),
    master_count: spec.nodes.filter(({ type }) => type === "master").length,
    node_count: spec.nodes.filter(({ type }) => type === "node").length,
  };
}

function processView(process: ViewedProcess, task: TaskRecord | undefined, deleting: boolean): ProcessView {
  const { asked } = process;
  return {
    name: process.name,
    type: process.type,
    status: taskStatus(task, deleting),
    res: process.res,
    envs: asked?.envs ?? [],
    cmd: process.cmd,
    options: asked?.options ?? [],
    attributes: asked?.attributes ?? [],
    start_time: time(task?.startedAtMs ?? 0),
    expect: asked?.expect ?? "RUN",
  };
}

function nodeBase(input: ViewInput, node: NodeSpec): Omit<NodeView, "processes"> {
  const record = recordOf(input, node);
  const { deleting } = input.cluster;
  const own = record?.launch === undefined ? undefined : nodeTaskOf(record.launch);
  return {
    name: node.name,
    type: node.type,
    host: node.host,
    node_ip: node.ip,
    real_host: record?.launch?.hostname ?? "",
    ingresses: node.ingresses,
    attributes: node.attributes,
    start_time: time(own?.startedAtMs ?? 0),
    status: record === undefined ? "init" : nodeStatus(record, deleting),
    expect: deleting ? "FINISHED" : node.expect,
    res: overhead(input, node),
    total_res: totalOf(outlineOf(input, node)),
    reservation: node.reservation,
  };
}

function clusterBase(input: ViewInput): Omit<ClusterView, "nodes"> {
  const { spec } = input.cluster;
  return {
    ...listItem(input),
    network: spec.network,
    ingresses: spec.ingresses.map(({ name, port }) => ({
      name,
      ...(port === undefined ? {} : { port: `${port.number}/${port.protocol}` }),
    })),
    attributes: spec.attributes,
  };
}

export function clusterView(input: ViewInput): ClusterView {
  return {
    ...clusterBase(input),
    nodes: input.cluster.spec.nodes.map((node) => ({
      ...nodeBase(input, node),
      processes: processes(input, node).map((process) =>
        processView(process, processTaskOf(recordOf(input, node)?.launch, process.name), input.cluster.deleting),
      ),
    })),
  };
}

const probeView = ({ name, phase, passing, everPassed, message }: ProbeState): ProbeStateView => ({
  name,
  phase,
  passing,
  ever_passed: everPassed,
  message,
});

interface ProcessHashes {
  readonly stored: string;
  readonly present: string | undefined;
}

function processState(
  process: ViewedProcess,
  task: TaskRecord | undefined,
  deleting: boolean,
  { stored, present }: ProcessHashes,
): ProcessStateView {
  const configHash = task?.configHash ?? stored;
  const report = task === undefined ? undefined : reportOf(task);
  const state = report?.kind === "process" ? report.value : undefined;
  const reason = state?.reason ?? "";
  return {
    ...processView(process, task, deleting),
    task_id: task?.taskId ?? "",
    task_state: task?.state === "TASK_INTENDED" ? "" : (task?.state ?? ""),
    // A one-shot that has done its work is as well as it can be.
    healthy: task !== undefined && (task.healthy || task.state === "TASK_FINISHED"),
    restarts: state?.restarts ?? 0,
    pid: state?.pid ?? 0,
    reason:
      task !== undefined && isTerminal(task) && task.state !== "TASK_FINISHED"
        ? describeEnd(task)
        : reason === ""
          ? (task?.message ?? "")
          : reason,
    exit_code: state?.exitCode ?? 0,
    exit_signal: state?.exitSignal ?? "",
    out_of_memory: state?.outOfMemory ?? false,
    last_output: state?.lastOutput ?? "",
    start_when: state?.startWhen.map(probeView) ?? [],
    health: state?.health.map(probeView) ?? [],
    config_hash: configHash,
    outdated: present !== undefined && present !== configHash,
  };
}

function nodeState(input: StateInput, node: NodeSpec): NodeStateView {
  const { plan } = input;
  const rendering = input.rendering(node.name);
  const present = input.present(node.name);
  const record = recordOf(input, node);
  const launch = record?.launch;
  const task = launch === undefined ? undefined : nodeTaskOf(launch);
  const report = task === undefined ? undefined : reportOf(task);
  const container = report?.kind === "kubeNode" ? report.value : undefined;
  const own = plan.nodes.find((candidate) => candidate.node === node.name);
  const configHash = launch !== undefined && !launch.cleanup ? launch.configHash : (rendering?.configHash ?? "");
  const blocked = own?.phases.find(({ status, reason }) => status !== "done" && reason !== "");
  return {
    ...nodeBase(input, node),
    task_id: task?.taskId ?? "",
    task_state: task?.state === "TASK_INTENDED" ? "" : (task?.state ?? ""),
    agent_id: launch?.agentId ?? "",
    executor_id: launch?.executorId ?? "",
    incarnation: launch?.incarnation ?? "",
    container_id: container?.containerId ?? "",
    step: container?.step ?? "",
    detail: container?.detail ?? "",
    reason: blocked?.reason ?? "",
    failures: record?.failures ?? 0,
    config_hash: configHash,
    rendered_by: rendering?.renderedBy ?? "",
    outdated: present !== undefined && present.configHash !== configHash,
    processes: processes(input, node).map((process, index) =>
      processState(process, processTaskOf(launch, process.name), input.cluster.deleting, {
        stored: rendering?.processHashes[index] ?? "",
        present: present?.processes.get(process.name),
      }),
    ),
  };
}

export function clusterStateView(input: StateInput): ClusterStateView {
  return {
    ...clusterBase(input),
    nodes: input.cluster.spec.nodes.map((node) => nodeState(input, node)),
    configuration_problem: input.configurationProblem,
    plan: input.plan,
  };
}
