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
} from "./cluster-service.ts";
import type { ClusterSpec, NodeSpec } from "./cluster-spec.ts";
import { apiserverPort } from "./computed-variables.ts";
import type { ClusterConfiguration } from "./configuration.ts";
import { type NodeProcess, processesOf, sumResources } from "./node-processes.ts";
import { executorResources, nodeTaskResources } from "./node-renderer.ts";
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

/** What a view is made from. */
export interface ViewInput {
  readonly cluster: ClusterRecord;
  readonly configuration: ClusterConfiguration | undefined;
  readonly nodes: readonly NodeRecord[];
}

const overhead = sumResources([executorResources, nodeTaskResources]);
const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());

/** URL of the first master's API server, in the cluster's network. */
export function apiserverOf(spec: ClusterSpec): string {
  const master = spec.nodes.find(({ type }) => type === "master");
  return master === undefined ? "" : `https://${master.ip}:${apiserverPort}`;
}

function processes(input: ViewInput, node: NodeSpec): readonly NodeProcess[] {
  return input.configuration === undefined ? [] : processesOf(node, input.configuration.nodes[node.type]);
}

const recordOf = (input: ViewInput, node: NodeSpec) => input.nodes.find((record) => record.node === node.name);

export function listItem(input: ViewInput): ClusterListItem {
  const { spec, createdAtMs, deleting } = input.cluster;
  const path = `/k8s/v1/clusters/${spec.name}/console`;
  const all = spec.nodes.flatMap((node) => [overhead, ...processes(input, node).map(({ res }) => res)]);
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

function processView(process: NodeProcess, task: TaskRecord | undefined, deleting: boolean): ProcessView {
  const { asked, conf } = process;
  return {
    name: process.name,
    type: process.type,
    status: taskStatus(task, deleting),
    res: process.res,
    envs: asked?.envs ?? [],
    cmd: asked?.cmd ? asked.cmd : conf.cmd,
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
    res: overhead,
    total_res: sumResources([overhead, ...processes(input, node).map(({ res }) => res)]),
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

function processState(process: NodeProcess, task: TaskRecord | undefined, deleting: boolean): ProcessStateView {
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
  };
}

function nodeState(input: ViewInput, plan: BringUpPlan, node: NodeSpec): NodeStateView {
  const record = recordOf(input, node);
  const launch = record?.launch;
  const task = launch === undefined ? undefined : nodeTaskOf(launch);
  const report = task === undefined ? undefined : reportOf(task);
  const container = report?.kind === "kubeNode" ? report.value : undefined;
  const own = plan.nodes.find((candidate) => candidate.node === node.name);
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
    processes: processes(input, node).map((process) =>
      processState(process, processTaskOf(launch, process.name), input.cluster.deleting),
    ),
  };
}

export function clusterStateView(input: ViewInput, plan: BringUpPlan): ClusterStateView {
  return { ...clusterBase(input), nodes: input.cluster.spec.nodes.map((node) => nodeState(input, plan, node)), plan };
}
