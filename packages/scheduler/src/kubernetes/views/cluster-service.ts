// The port of the cluster service, which the REST API calls. Every method throws CkeErrors whose status is the HTTP
// status. What a former leader may still answer is an interface of its own.

import type { ChannelUnit } from "../../channel/unit.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import type { NetworkView } from "../network/bgp-view.ts";
import type { Via } from "./api-addresses.ts";
import type { ClusterListItem, ClusterStateView, ClusterView } from "./cluster-views.ts";
import type { ClusterLog, NodeTarget, PendingNodeView } from "./plan-views.ts";
import type { StatusCounts } from "./status-counts.ts";

export interface CreatedCluster {
  readonly name: string;
  /** Sentences about fields of the body without effect; only a few. */
  readonly warnings: readonly string[];
}

/** Which kubeconfig is wanted. */
export interface KubeconfigAsk {
  /** The way to the API server; absent: the first that can be used. */
  readonly via?: Via | undefined;
  /** URL by which whoever asks reaches this scheduler; absent: its own. */
  readonly schedulerUrl?: string | undefined;
}

export interface Kubeconfig {
  readonly via: Via;
  /** YAML. */
  readonly text: string;
}

/** Reads of clusters. All throw ClusterNotFoundError (404) for an unknown name. */
export interface ClusterReads {
  list(): readonly ClusterListItem[];
  /** Of all clusters. */
  statusCounts(): StatusCounts;
  get(name: string): ClusterView;
  state(name: string): ClusterStateView;
  /** How its pods are routed: blocks, sessions, and what is announced. */
  network(name: string): NetworkView;
  /** Nodes and processes that are not placed yet, and why; empty when nothing waits. */
  pending(name: string): readonly PendingNodeView[];
  /** The JSON that created it, normalised: can be posted again after a delete. */
  json(name: string): Readonly<Record<string, unknown>>;
  supportedVersions(): readonly string[];
  /** It ends when the cluster is gone, or when this scheduler leads no longer. */
  log(name: string): ClusterLog;
}

/** What only a leader can do. All throw ClusterNotFoundError (404) for an unknown name. */
export interface ClusterService extends ClusterReads {
  /**
   * Checks the body of `POST /k8s/v1/clusters`, stores the cluster and begins its bring-up.
   * Throws SpecInvalidError (400, 422) or ClusterExistsError (409, also while the old one is being deleted).
   */
  create(body: unknown): Promise<CreatedCluster>;
  /** Begins the deletion (202). A second call does nothing. */
  remove(name: string): Promise<void>;
  /**
   * Pauses, resumes, retries or skips (a part of) the plan. Returns what was done. `by` is shown to others. Throws
   * PartNotFoundError (404) or a CkeError with 409 (not possible now) or 422 (never possible).
   */
  changePlan(name: string, action: PlanAction, target: NodeTarget, by: string): Promise<string>;
  /**
   * Starts or stops a cluster, or a node of it that is not a master. Returns what happens now. A second call does
   * nothing. `by` is shown to others. Throws PartNotFoundError (404) or a CkeError with 409 (it is being deleted) or
   * 422 (a master alone).
   */
  expect(name: string, node: string | undefined, expect: AskedExpectation, by: string): Promise<string>;
  /**
   * Gives a cluster that speaks BGP these routers and no others, live. Returns what happens now. Throws SpecInvalidError (400, 422) or a
   * CkeError with 409 (it is being deleted).
   */
  changeRouters(name: string, routers: unknown, by: string): Promise<string>;
  /** The first request may make the credentials, which only a leader can do. */
  adminToken(name: string): Promise<string>;
  /** Throws a CkeError with 409 when the way that is asked for is not there. */
  kubeconfig(name: string, ask: KubeconfigAsk): Promise<Kubeconfig>;
  /** True while the framework is subscribed at a Mesos master. Launches wait while it is not. */
  connected(): boolean;
  /** Why it is not; "" when it is. */
  unsubscribed(): string;
  /** Why nothing can be stored now (the store is away, or full); "" when storing works, as far as is known. */
  unwritable(): string;
}

/** The service together with its start and stop. */
export interface RunningClusterService extends ClusterService {
  /**
   * Where a channel to that node leads. Throws a CkeError: 404 for unknown names, 409 when the node does not run, 504
   * when it is out of reach.
   */
  channelUnit(cluster: string, node: string): ChannelUnit;
  /** Sends a framework message to an executor. It may be lost. */
  sendMessage(unit: ChannelUnit, message: Uint8Array): void;
  /** Reads the store and begins to subscribe; returns when the store is read. */
  start(): Promise<void>;
  /** Leaves Mesos. Every task goes on running. */
  stop(): Promise<void>;
}
