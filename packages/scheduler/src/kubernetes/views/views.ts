import { sumResources, totalOf } from "../../workload/outline/unit-outline.ts";
import { failuresOfPlans } from "../../workload/plans/workload-plan-view.ts";
import type { ActionProgress } from "../../workload/plans/workload-steps.ts";
import { processTaskOf, type TaskRecord, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { isLeaving } from "../../workload/records/removal-state.ts";
import { processStatus, unitStatus, type Wish, wishOf } from "../../workload/tasks/statuses.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { NodeSpec, ProcessSpecification } from "../cluster/cluster-spec.ts";
import type { LoadBalancerView } from "../load-balancer/load-balancer-view.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import type { OutlineProcess } from "../rendering/node-outline.ts";
import { executorResources, nodeTaskResources } from "../rendering/node-renderer.ts";
import type { PackedRendering } from "../rendering/stored-rendering.ts";
import { apiAddress } from "./api-addresses.ts";
import { type ClusterRecords, clusterStatus, clusterStatusReason } from "./cluster-status.ts";
import type { ClusterListItem, ClusterView, NodeView, ProcessView, ResView } from "./cluster-views.ts";

/** What a view is made from. */
export interface ViewInput {
  readonly cluster: ClusterRecord;
  /** Undefined for a cluster of an older store that cannot be rendered. */
  readonly rendering: (
    node: string,
  ) => Pick<PackedRendering, "outline" | "configHash" | "processHashes" | "renderedBy"> | undefined;
  readonly nodes: readonly UnitRecord[];
  /** This scheduler's own address. */
  readonly schedulerUrl: string;
  readonly loadBalancer: LoadBalancerView | null;
  readonly ranges: ClusterRanges;
  /** How far what plans do to single nodes is. */
  readonly planProgress: ActionProgress;
}

/** For a node that was never rendered. */
const nothing = { executor: executorResources, unitTask: nodeTaskResources, processes: [] };
export const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());

const outlineOf = (input: ViewInput, node: NodeSpec) => input.rendering(node.name)?.outline ?? nothing;

/** Executor and container, without the processes. */
function overhead(input: ViewInput, node: NodeSpec): ResView {
  const { executor, unitTask } = outlineOf(input, node);
  return sumResources([executor, unitTask]);
}

export interface ViewedProcess extends OutlineProcess {
  /** The user's values; absent for a process that comes from the configuration only. */
  readonly asked: ProcessSpecification | undefined;
}

export function processes(input: ViewInput, node: NodeSpec): readonly ViewedProcess[] {
  return outlineOf(input, node).processes.map((process) => ({
    ...process,
    asked: node.processes?.find(({ type }) => type === process.type),
  }));
}

export const recordOf = (input: ViewInput, node: NodeSpec) => input.nodes.find((record) => record.unit === node.name);

/** What the cluster's own status follows from. */
export function clusterRecords({ cluster, nodes, rendering, planProgress }: ViewInput): ClusterRecords {
  const required = (node: string) => (rendering(node)?.outline.processes ?? []).filter((process) => process.required);
  return { cluster, nodes, required, planFailures: () => failuresOfPlans(cluster, nodes, planProgress) };
}

export function listItem(input: ViewInput): ClusterListItem {
  const { spec, createdAtMs, deleting } = input.cluster;
  const records = clusterRecords(input);
  const all = spec.units.map((node) => totalOf(outlineOf(input, node)));
  return {
    name: spec.name,
    k8s_ver: spec.version,
    create_time: time(createdAtMs),
    expect: deleting ? "FINISHED" : spec.expect,
    status: clusterStatus(records),
    status_reason: clusterStatusReason(records),
    total_res: sumResources(all),
    console: `/k8s/v1/clusters/${encodeURIComponent(spec.name)}/console/kubectl`,
    dashboard: `/k8s/v1/clusters/${encodeURIComponent(spec.name)}/console/dashboard`,
    apiserver: apiAddress(input, input.schedulerUrl).server,
    master_count: spec.units.filter(({ type }) => type === "master").length,
    node_count: spec.units.filter(({ type }) => type === "node").length,
    load_balancer: input.loadBalancer,
  };
}

export function processView(process: ViewedProcess, task: TaskRecord | undefined, wish: Wish): ProcessView {
  const { asked } = process;
  return {
    name: process.name,
    type: process.type,
    status: processStatus(task, process.mayFinish, wish),
    res: process.res,
    envs: asked?.envs ?? [],
    cmd: process.cmd,
    options: asked?.options ?? [],
    attributes: asked?.attributes ?? [],
    start_time: time(task?.startedAtMs ?? 0),
    expect: asked?.expect ?? "RUN",
  };
}

export function nodeBase(input: ViewInput, node: NodeSpec): Omit<NodeView, "processes"> {
  const record = recordOf(input, node);
  const own = record?.launch === undefined ? undefined : unitTaskOf(record.launch);
  return {
    name: node.name,
    type: node.type,
    host: node.host,
    node_ip: node.ip,
    real_host: record?.launch?.hostname ?? "",
    ingresses: node.ingresses,
    attributes: node.attributes,
    start_time: time(own?.startedAtMs ?? 0),
    status: record === undefined ? "init" : unitStatus(record, wishOf(input.cluster, node.name)),
    expect: isLeaving(input.cluster, node.name) ? "FINISHED" : node.expect,
    res: overhead(input, node),
    total_res: totalOf(outlineOf(input, node)),
    reservation: node.reservation,
    pod: node.pod,
    labels: node.labels ?? {},
    taints: node.taints ?? [],
  };
}

export function clusterBase(input: ViewInput): Omit<ClusterView, "nodes"> {
  const { spec } = input.cluster;
  return {
    ...listItem(input),
    network: spec.network,
    pod_cidr: input.ranges.pods,
    service_cidr: input.ranges.services,
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
    nodes: input.cluster.spec.units.map((node) => ({
      ...nodeBase(input, node),
      processes: processes(input, node).map((process) =>
        processView(
          process,
          processTaskOf(recordOf(input, node)?.launch, process.name),
          wishOf(input.cluster, node.name),
        ),
      ),
    })),
  };
}
