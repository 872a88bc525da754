// The shapes of clusters in the API, which existing clients rely on.

import type { NodeType } from "@cke/protocol";
import type { FailureView } from "../../workload/plans/bring-up-view.ts";
import type { Expectation } from "../../workload/records/workload-spec.ts";
import type { ReservationView } from "../../workload/reservations/reservation-view.ts";
import type { ProcessStatus, UnitStatus } from "../../workload/tasks/statuses.ts";
import type { Taint } from "../cluster/node-labels.ts";
import type { LoadBalancerView } from "../load-balancer/load-balancer-view.ts";
import type { BgpView } from "../network/bgp-view.ts";
import type { ClusterPlanView, PendingNodeView } from "./plan-views.ts";

export type ClusterStatus =
  | "starting"
  | "running"
  | "degraded"
  | "failed"
  | "stopping"
  | "stopped"
  | "killing"
  | "killed";

/** CPUs, and memory in MiB. */
export interface ResView {
  readonly cpu: number;
  readonly mem: number;
}

export interface ClusterListItem {
  readonly name: string;
  readonly k8s_ver: string;
  /** ISO 8601. */
  readonly create_time: string;
  readonly expect: Expectation;
  readonly status: ClusterStatus;
  /** In one line: the nodes that are not as they should be, and their statuses; "" when all is well. */
  readonly status_reason: string;
  readonly total_res: ResView;
  /** Path of the web terminal on this scheduler. */
  readonly console: string;
  /** Path of the dashboard on this scheduler. */
  readonly dashboard: string;
  /** URL of the first master's API server, in the cluster's network. */
  readonly apiserver: string;
  readonly master_count: number;
  readonly node_count: number;
  /** Null without -k8s_spider_lb_endpoint. */
  readonly load_balancer: LoadBalancerView | null;
}

export interface IngressView {
  readonly name: string;
  /** "34571/tcp"; absent with a load balancer. */
  readonly port?: string;
}

export interface AttributeView {
  readonly name: string;
  readonly value: string;
}

export interface KeyValueView {
  readonly key: string;
  readonly value: string;
}

export interface ProcessView {
  readonly name: string;
  readonly type: string;
  readonly status: ProcessStatus;
  readonly res: ResView;
  readonly envs: readonly KeyValueView[];
  readonly cmd: string;
  readonly options: readonly string[];
  readonly attributes: readonly AttributeView[];
  /** ISO 8601; "" while it has not started. */
  readonly start_time: string;
  readonly expect: Expectation;
}

export interface NodeView {
  readonly name: string;
  readonly type: NodeType;
  /** As the user gave it: hostname, address or "*". */
  readonly host: string;
  readonly node_ip: string;
  /** Hostname of the agent it runs on; "" while it waits for an offer. */
  readonly real_host: string;
  readonly ingresses: readonly string[];
  readonly attributes: readonly AttributeView[];
  readonly start_time: string;
  readonly status: UnitStatus;
  readonly expect: Expectation;
  /** Resources of the executor and the wrapper. */
  readonly res: ResView;
  /** Executor and all processes. */
  readonly total_res: ResView;
  readonly processes: readonly ProcessView[];
  readonly reservation: boolean;
  /** Launched as one task group. */
  readonly pod: boolean;
  /** What the specification gives its Node object, beside what others have set there. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

export interface ClusterView extends ClusterListItem {
  readonly network: string;
  /** The ranges of its pods and of its services, also where its configuration gives them. */
  readonly pod_cidr: string;
  readonly service_cidr: string;
  readonly nodes: readonly NodeView[];
  readonly ingresses: readonly IngressView[];
  readonly attributes: readonly AttributeView[];
}

export interface ProbeStateView {
  readonly name: string;
  readonly phase: string;
  readonly passing: boolean;
  readonly ever_passed: boolean;
  readonly message: string;
}

/** A process with everything that is known about it. */
export interface ProcessStateView extends ProcessView {
  readonly task_id: string;
  /** Mesos task state, "" before the launch. */
  readonly task_state: string;
  readonly healthy: boolean;
  readonly restarts: number;
  readonly pid: number;
  /** Why it waits or failed, in words. */
  readonly reason: string;
  readonly exit_code: number;
  readonly exit_signal: string;
  readonly out_of_memory: boolean;
  readonly last_output: string;
  /** The answers to the probes that `reason` names, as they came, at most 4 KiB; "" when they add nothing. */
  readonly output: string;
  readonly start_when: readonly ProbeStateView[];
  readonly health: readonly ProbeStateView[];
  /** Hash of the configuration that runs or will be launched. */
  readonly config_hash: string;
  /** This version, configuration and flags would render it differently. */
  readonly outdated: boolean;
  /** Number of the present launch, or of the next one, from 1. It begins anew after a retry that was asked for. */
  readonly attempt: number;
  /** When it is started or launched again, ISO 8601; "" when it waits for nothing. */
  readonly next_try: string;
  /** Why it failed, or the launch before this one; null when all is well. */
  readonly failure: FailureView | null;
  /** "since <time> by <who>" when it was given up; "" otherwise. */
  readonly skipped: string;
  /** What of a change that was asked for is not done yet, and why; "" when it is as is wanted. */
  readonly change: string;
  /** What Mesos accounts for it: `res`, unless its resources have changed since its launch. */
  readonly mesos_res: ResView;
}

export interface NodeStateView extends Omit<NodeView, "processes"> {
  readonly task_id: string;
  readonly task_state: string;
  readonly agent_id: string;
  readonly executor_id: string;
  readonly incarnation: string;
  readonly container_id: string;
  /** Launch step of the executor (image, network, container, …) and its detail. */
  readonly launch_step: string;
  /** Its earlier name, which clients know. Elsewhere a step is one of a plan. */
  readonly step: string;
  readonly detail: string;
  /** Why it waits or failed, in words; "" when all is well. */
  readonly reason: string;
  /** When its wrapper answered last, ISO 8601, while it does not answer; "" while it does. `reason` has the text. */
  readonly unresponsive_since: string;
  /** Why the newest record of it is not stored (it is too large) and what to do; "" when it is stored. */
  readonly storage_problem: string;
  /** Version of the peers in its hosts file and routes, as its executor reports; "" for none. */
  readonly peers_version: string;
  /**
   * Why it does not have the present peers, and what follows from that; "" when it has them, or gets them with its
   * launch.
   */
  readonly peers_problem: string;
  /** What its host does not give it any more, for example a dead lxcfs; "" when all is well. It runs on. */
  readonly host_problem: string;
  /** What its BIRD says of its sessions; null for static routes, and before it has said anything. */
  readonly bgp: BgpView | null;
  /** Launches of this node that failed since it last ran. */
  readonly failures: number;
  /** Of the configuration that runs, or will be launched: container and all processes. */
  readonly config_hash: string;
  /** Version of CKE that made its rendering; "" when it could never be rendered. */
  readonly rendered_by: string;
  /** This version, configuration and flags would render it differently. */
  readonly outdated: boolean;
  /** Number of the present launch, or of the next one, from 1. It begins anew after a retry that was asked for. */
  readonly attempt: number;
  /** When it is launched again, ISO 8601; "" when it waits for nothing. */
  readonly next_try: string;
  /** Why the last launch failed; null when all is well. */
  readonly failure: FailureView | null;
  /** Its reservations. */
  readonly reservations: readonly ReservationView[];
  readonly processes: readonly ProcessStateView[];
}

export interface ClusterStateView extends Omit<ClusterView, "nodes"> {
  readonly nodes: readonly NodeStateView[];
  /** Why the present configuration could not create this cluster; "" when it could. The existing cluster goes on. */
  readonly configuration_problem: string;
  /** What is not placed yet, and why; empty when nothing waits. */
  readonly pending: readonly PendingNodeView[];
  /** The bring-up: phases of every node with status and reason, and the next steps. */
  readonly plan: ClusterPlanView;
}
