// What the REST layer calls: clusters as values in the shapes that existing clients of the API rely on.
// Implemented by the framework; every method throws CkeErrors whose status is the HTTP status.

import { CkeError } from "@cke/foundation";
import type { PendingView } from "./pending.ts";
import type { BringUpPlan, FailureView } from "./plan.ts";
import type { StatusCounts } from "./status-counts.ts";

export type NodeType = "master" | "node" | "console";
/** What the user asked for, in the words of the API. */
export type Expectation = "RUN" | "STOP" | "FINISHED";
/** What is so, in the words of the API. */
export type Status = "init" | "staging" | "starting" | "running" | "failed" | "killing" | "killed";

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
  readonly status: Status;
  readonly total_res: ResView;
  /** Path of the web terminal on this scheduler. */
  readonly console: string;
  readonly dashboard: string;
  /** URL of the first master's API server, in the cluster's network. */
  readonly apiserver: string;
  readonly master_count: number;
  readonly node_count: number;
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
  readonly status: Status;
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
  /** As asked for: hostname, address or "*". */
  readonly host: string;
  readonly node_ip: string;
  /** Hostname of the agent it runs on; "" while it waits for an offer. */
  readonly real_host: string;
  readonly ingresses: readonly string[];
  readonly attributes: readonly AttributeView[];
  readonly start_time: string;
  readonly status: Status;
  readonly expect: Expectation;
  /** Of the executor and the wrapper. */
  readonly res: ResView;
  /** Executor and all processes. */
  readonly total_res: ResView;
  readonly processes: readonly ProcessView[];
  readonly reservation: boolean;
  /** Launched as one task group. */
  readonly pod: boolean;
}

export interface ClusterView extends ClusterListItem {
  readonly network: string;
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

/** A process with everything that is known of it. */
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
  readonly start_when: readonly ProbeStateView[];
  readonly health: readonly ProbeStateView[];
  /** Of the configuration that runs, or will be launched. */
  readonly config_hash: string;
  /** This version, configuration and flags would render it differently. */
  readonly outdated: boolean;
  /** Number of the present launch, or of the one that comes, from 1; a retry that is asked for counts anew. */
  readonly attempt: number;
  /** When it is started or launched again, ISO 8601; "" when nothing is waited for. */
  readonly next_try: string;
  /** Why it failed, or the launch before this one; null when all is well. */
  readonly failure: FailureView | null;
  /** "since <time> by <who>" when it was given up; "" otherwise. */
  readonly skipped: string;
}

/** What Mesos keeps for a node on an agent. */
export interface ReservationView {
  readonly host: string;
  readonly agent_id: string;
  readonly role: string;
  /** intended, reserved, unreserving (to be given back when it is offered), refused */
  readonly state: string;
  readonly cpu: number;
  readonly mem: number;
  readonly ports: readonly number[];
  /** Mesos' words when it refused. */
  readonly problem: string;
}

export interface NodeStateView extends Omit<NodeView, "processes"> {
  readonly task_id: string;
  readonly task_state: string;
  readonly agent_id: string;
  readonly executor_id: string;
  readonly incarnation: string;
  readonly container_id: string;
  /** Step of the executor (image, network, container, …) and its detail. */
  readonly step: string;
  readonly detail: string;
  /** Why it waits or failed, in words; "" when all is well. */
  readonly reason: string;
  /** Launches of this node that failed since it last ran. */
  readonly failures: number;
  /** Of the configuration that runs, or will be launched: container and all processes. */
  readonly config_hash: string;
  /** Version of CKE that rendered what is launched; "" when it could never be rendered. */
  readonly rendered_by: string;
  /** This version, configuration and flags would render it differently. */
  readonly outdated: boolean;
  /** Number of the present launch, or of the one that comes, from 1; a retry that is asked for counts anew. */
  readonly attempt: number;
  /** When it is launched again, ISO 8601; "" when nothing is waited for. */
  readonly next_try: string;
  /** Why the last launch failed; null when all is well. */
  readonly failure: FailureView | null;
  /** What Mesos keeps for it. */
  readonly reservations: readonly ReservationView[];
  readonly processes: readonly ProcessStateView[];
}

export interface ClusterStateView extends Omit<ClusterView, "nodes"> {
  readonly nodes: readonly NodeStateView[];
  /** Why the present configuration could not create this cluster, in words; "" when it could. What exists goes on. */
  readonly configuration_problem: string;
  /** What is not placed yet, and why; empty when nothing waits. */
  readonly pending: readonly PendingView[];
  /** The bring-up: phases of every node with status and reason, and what the scheduler is about to do. */
  readonly plan: BringUpPlan;
}

export type ClusterLogEntry =
  | { readonly type: "log"; readonly log: string }
  | {
      readonly type: "stat";
      readonly cluster: string;
      readonly node: string;
      /** Number of the phase in the order of the bring-up of this type of node, from 0 (nothing done). */
      readonly old_stat: number;
      readonly old_stat_name: string;
      readonly new_stat: number;
      readonly new_stat_name: string;
      readonly total_stat: number;
    };

export interface LogSubscription {
  /** The recent entries, oldest first. */
  readonly replay: readonly ClusterLogEntry[];
  readonly unsubscribe: () => void;
}

export interface SpecProblem {
  /** JSON path in the body: `kubenodes[0].process[1].res.cpu`; "" for the body itself. */
  readonly path: string;
  readonly message: string;
}

/** Every problem of a body at once. 400 when it has the wrong shape, 422 when it is well-formed but impossible. */
export class SpecInvalidError extends CkeError {
  readonly problems: readonly SpecProblem[];

  constructor(problems: readonly SpecProblem[], status: 400 | 422 = 400) {
    const text = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
    super("spec_invalid", text, { status });
    this.problems = problems;
  }
}

export class ClusterExistsError extends CkeError {
  constructor(name: string, why = "exists already") {
    super("cluster_exists", `cluster "${name}" ${why}`, { status: 409 });
  }
}

export class ClusterNotFoundError extends CkeError {
  constructor(name: string) {
    super("cluster_not_found", `there is no cluster "${name}"`, { status: 404 });
  }
}

/** 404 for a node or process that a request names; the words say which there are. */
export class PartNotFoundError extends CkeError {
  constructor(kind: "node" | "process", owner: string, name: string, known: readonly string[]) {
    const there = known.length === 0 ? "none" : known.join(", ");
    super(`${kind}_not_found`, `${owner} has no ${kind} "${name}"; it has: ${there}`, { status: 404 });
  }
}

export const planActions = ["pause", "resume", "retry", "skip"] as const;
export type PlanAction = (typeof planActions)[number];

/** What of a cluster's plan is meant; without `node` all of it. */
export interface PlanTarget {
  readonly node?: string | undefined;
  readonly process?: string | undefined;
}

/** All throw ClusterNotFoundError (404) for an unknown name. */
export interface ClusterService {
  /**
   * Checks the body of `POST /k8s/v1/clusters`, stores the cluster and begins its bring-up.
   * Throws SpecInvalidError (400, 422) or ClusterExistsError (409, also while the old one is being deleted).
   */
  create(body: unknown): Promise<{ readonly name: string }>;
  list(): readonly ClusterListItem[];
  /** Of all clusters. */
  statusCounts(): StatusCounts;
  get(name: string): ClusterView;
  state(name: string): ClusterStateView;
  /** Nodes and processes that are not placed yet, and why; empty when nothing waits. */
  pending(name: string): readonly PendingView[];
  /** The JSON that created it, normalised: can be posted again after a delete. */
  json(name: string): Readonly<Record<string, unknown>>;
  /** Begins the deletion (202); idempotent while it goes on. */
  remove(name: string): Promise<void>;
  /**
   * Pauses, resumes, retries or skips (a part of) the plan; what was done, in words. `by` is shown to others. Throws
   * PartNotFoundError (404) or a CkeError with 409 (not so now) or 422 (never).
   */
  changePlan(name: string, action: PlanAction, target: PlanTarget, by: string): Promise<string>;
  adminToken(name: string): Promise<string>;
  /** YAML; its server is the first master's API server in the cluster's network. */
  kubeconfig(name: string): Promise<string>;
  supportedVersions(): readonly string[];
  /** `listener` is called for every entry after the replay, until unsubscribed or the cluster is gone. */
  subscribeLog(name: string, listener: (entry: ClusterLogEntry) => void): LogSubscription;
  /** Whether the framework is subscribed at a Mesos master (readiness; false: launches wait). */
  connected(): boolean;

  /** Why nothing can be stored now (the store is away, or full), in words; "" when nothing is known of that. */
  unwritable(): string;
}
