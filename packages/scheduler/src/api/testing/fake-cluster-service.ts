// A ClusterService in memory for the tests of the REST layer: clusters run at once, tests write the log.

import { z } from "zod";
import { LogRing } from "../../framework/workload-log/log-ring.ts";
import { ClusterExistsError, ClusterNotFoundError } from "../../kubernetes/cluster/cluster-errors.ts";
import type { NetworkView } from "../../kubernetes/network/bgp-view.ts";
import type {
  ClusterService,
  CreatedCluster,
  Kubeconfig,
  KubeconfigAsk,
} from "../../kubernetes/views/cluster-service.ts";
import type { ClusterListItem, ClusterStateView, ClusterView } from "../../kubernetes/views/cluster-views.ts";
import type { ClusterLog, ClusterLogEntry, NodeTarget, PendingNodeView } from "../../kubernetes/views/plan-views.ts";
import { noCounts, type StatusCounts } from "../../kubernetes/views/status-counts.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { LogLevel } from "../../workload/plans/log-entry.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";

const bodySchema = z.looseObject({ cluster_name: z.string() });

export class FakeClusterService implements ClusterService {
  readonly clusters = new Map<string, Readonly<Record<string, unknown>>>();
  readonly entries = new LogRing<ClusterLogEntry>(1, { entries: 500, characters: 1_000_000 }, () => 100);
  subscribed = true;
  storeProblem = "";
  /** Of every cluster. */
  nodes: ClusterView["nodes"] = [];
  /** False: every cluster is to be stopped. */
  running = true;
  /** Warnings of every cluster that is created. */
  warnings: readonly string[] = [];
  /** Thrown by every method that takes a cluster's name. */
  failure: Error | undefined;

  async create(body: unknown): Promise<CreatedCluster> {
    const parsed = bodySchema.safeParse(body);
    if (!parsed.success) {
      throw new SpecInvalidError([
        { path: "cluster_name", message: "is missing" },
        { path: "kubenodes[0].process[1].res.cpu", message: "must be a positive number" },
      ]);
    }
    const name = parsed.data.cluster_name;
    if (name === "impossible") {
      const problem = { path: "network", message: "does not exist" };
      throw new SpecInvalidError([problem], 422, { warnings: this.warnings });
    }
    if (this.clusters.has(name)) throw new ClusterExistsError(name);
    this.clusters.set(name, parsed.data);
    this.say("[INFO] created");
    return { name, warnings: this.warnings };
  }

  list(): readonly ClusterListItem[] {
    return [...this.clusters.keys()].map(item);
  }

  statusCounts(): StatusCounts {
    const none = noCounts();
    return { ...none, clusters: { ...none.clusters, running: this.clusters.size } };
  }

  get(name: string): ClusterView {
    this.#check(name);
    const expect = this.running ? "RUN" : "STOP";
    return {
      ...{ ...item(name), expect, network: "net", pod_cidr: "10.244.0.0/16", service_cidr: "10.96.0.0/16" },
      ...{ nodes: this.nodes, ingresses: [], attributes: [] },
    };
  }

  state(name: string): ClusterStateView {
    return {
      ...this.get(name),
      nodes: [],
      configuration_problem: "",
      pending: [],
      plan: { nodes: [], steps: [], paused: "", workload: null, changes: [] },
    };
  }

  network(name: string): NetworkView {
    this.#check(name);
    const ranges = { pod_cidr: "10.244.0.0/16", service_cidr: "10.96.0.0/16" };
    return {
      network: "net",
      provider: "static",
      policy: "none",
      ...ranges,
      asn: 0,
      loadbalancer_pool: [],
      service_addresses: [],
      services_problem: "",
      routers: [],
      uplink: null,
      gateways: [],
      nodes: [],
    };
  }

  pending(name: string): readonly PendingNodeView[] {
    this.#check(name);
    return [];
  }

  json(name: string): Readonly<Record<string, unknown>> {
    this.#check(name);
    return this.clusters.get(name) ?? {};
  }

  async remove(name: string): Promise<void> {
    this.#check(name);
    this.clusters.delete(name);
  }

  async changePlan(name: string, action: PlanAction, target: NodeTarget, by: string): Promise<string> {
    this.#check(name);
    if (target.node === "none") throw new PartNotFoundError("node", `cluster "${name}"`, "none", ["m"]);
    return `${action} ${target.node ?? "*"} ${target.process ?? "*"} by ${by}`;
  }

  async expect(name: string, node: string | undefined, expect: AskedExpectation, by: string): Promise<string> {
    this.#check(name);
    return `${node ?? name} ${expect} by ${by}`;
  }

  async changeRouters(name: string, routers: unknown, by: string): Promise<string> {
    this.#check(name);
    return `${name} ${JSON.stringify(routers)} by ${by}`;
  }

  async adminToken(name: string): Promise<string> {
    this.#check(name);
    return `token-of-${name}`;
  }

  async kubeconfig(name: string, { via = "scheduler", schedulerUrl }: KubeconfigAsk): Promise<Kubeconfig> {
    this.#check(name);
    return { via, text: `server: ${via} ${schedulerUrl}\n` };
  }

  supportedVersions(): readonly string[] {
    return ["1.20", "1.36"];
  }

  log(name: string): ClusterLog {
    this.#check(name);
    return this.entries;
  }

  connected(): boolean {
    return this.subscribed;
  }

  unsubscribed(): string {
    return this.subscribed ? "" : "10.0.0.1:5050: connect ECONNREFUSED";
  }

  unwritable(): string {
    return this.storeProblem;
  }

  /** Writes a line to the log. */
  say(log: string, more: { readonly level?: LogLevel; readonly node?: string; readonly process?: string } = {}): void {
    const time = "2030-01-01T00:00:00.000Z";
    this.entries.append((seq) => ({ type: "log", seq, time, level: "info", log, ...more }));
  }

  #check(name: string): void {
    if (this.failure !== undefined) throw this.failure;
    if (!this.clusters.has(name)) throw new ClusterNotFoundError(name);
  }
}

function item(name: string): ClusterListItem {
  return {
    name,
    k8s_ver: "1.36",
    create_time: "2030-01-01T00:00:00.000Z",
    expect: "RUN",
    status: "running",
    status_reason: "",
    total_res: { cpu: 1, mem: 1024 },
    console: "",
    dashboard: "",
    apiserver: "https://192.168.0.80:6443",
    master_count: 1,
    node_count: 1,
    load_balancer: null,
  };
}
