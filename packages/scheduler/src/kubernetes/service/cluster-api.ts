// The cluster service of the REST API: creates, deletes, shows and changes Kubernetes clusters.
import type { Clock } from "@cke/foundation";
import type { ChannelUnit } from "../../channel/unit.ts";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import type { FrameworkOptions } from "../../framework/ports/dependencies.ts";
import { changeExpectation } from "../../framework/service/expectation-change.ts";
import { type ChangeParts, changePlan } from "../../framework/service/plan-change.ts";
import { createWorkload, deleteWorkload } from "../../framework/service/workload-lifecycle.ts";
import { freshMs } from "../../workload/agents/host-facts.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { ClusterLogEntry, LogSubscription } from "../../workload/plans/log-entry.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { PlanAction, PlanTarget } from "../../workload/plans/plan-control.ts";
import {
  ClusterDeletingError,
  ClusterExistsError,
  ClusterNotFoundError,
  SpecInvalidError,
} from "../cluster/cluster-errors.ts";
import { clusterJson } from "../cluster/cluster-json.ts";
import { type ReadContext, readCluster } from "../cluster/cluster-reader.ts";
import { type ClusterRecord, clustersOf, isCluster, kubernetesKind } from "../cluster/cluster-record.ts";
import { ignoredFieldsMessage } from "../cluster/ignored-fields.ts";
import { launchableVersions } from "../configuration/version-images.ts";
import type { KubernetesKind } from "../kubernetes-kind.ts";
import type { ClusterPki, KubernetesOptions } from "../kubernetes-options.ts";
import { instanceOf } from "../pki/cluster-instance.ts";
import { clusterKubeconfig } from "../pki/kubeconfig.ts";
import { nodeRules } from "../steps/node-rules.ts";
import type { CreatedCluster, RunningClusterService } from "../views/cluster-service.ts";
import type { ClusterListItem, ClusterStateView, ClusterView } from "../views/cluster-views.ts";
import { clusterStateView } from "../views/state-view.ts";
import { countStatuses, type StatusCounts } from "../views/status-counts.ts";
import { apiserverOf, clusterView, listItem, type ViewInput } from "../views/views.ts";
import { channelUnit } from "./channel-unit.ts";
import { ViewCache } from "./view-cache.ts";

export interface ClusterApiParts {
  readonly framework: Framework;
  readonly kind: KubernetesKind;
  readonly options: FrameworkOptions & KubernetesOptions;
  readonly pki: ClusterPki;
  readonly clock: Clock;
  /** Makes a unique, sortable id for an instance of a cluster. */
  readonly incarnation: (now: number) => string;
}

export class ClusterApi implements RunningClusterService {
  readonly #parts: ClusterApiParts;
  readonly #items = new ViewCache<ClusterListItem>();

  constructor(parts: ClusterApiParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.#parts.framework.start();
  }

  async stop(): Promise<void> {
    await this.#parts.framework.stop();
  }

  async create(body: unknown): Promise<CreatedCluster> {
    // Executors' answers go through the serial queue, so they are asked before this request enters it.
    if (this.#needsLook(body)) await this.#framework.inventory.refresh();
    return await this.#parts.framework.change(async () => {
      const { clock, pki, incarnation, kind } = this.#parts;
      const { ledger, logs, orphanRemovals, executorMessages } = this.#framework;
      const { renderings } = kind;
      const { spec, ignored } = readCluster(body, this.#readContext());
      const { name } = spec;
      const other = ledger.workload(name);
      if (other !== undefined)
        throw new ClusterExistsError(name, other.deleting ? "is still being deleted" : undefined);
      const rendered = renderings.create(spec);
      const now = clock.now();
      const cluster: ClusterRecord = { kind: kubernetesKind, spec, createdAtMs: now, deleting: false };
      const instance = incarnation(now);
      // Keys that an earlier version has left under this name belong to no cluster.
      const left = await pki.deleteOperations(name);
      await createWorkload(this.#framework, cluster, instance, [...rendered.operations, ...left]);
      renderings.keep(name, rendered);
      logs.line("info", name, `created with ${spec.units.length} nodes, Kubernetes ${rendered.kubernetes}`);
      for (const { node, hostname, instance } of orphanRemovals.ofCluster(name)) {
        const command = nodeRules.cleanupCommand({ workload: name, unit: node, instance });
        const words = `an earlier cluster of this name may still run on ${hostname}, whose agent was out of reach when it was deleted: until that agent is back, and the old node is killed there, both may use its addresses. Bring the agent back, or run on that host: ${command}`;
        logs.line("warning", name, words, { node, host: hostname });
      }
      const warnings = ignoredFieldsMessage(ignored);
      for (const words of warnings) logs.line("warning", name, words);
      executorMessages.warm(cluster);
      return { name, warnings };
    });
  }

  async remove(name: string): Promise<void> {
    await this.#parts.framework.change(async () => {
      await deleteWorkload(this.#framework, this.#cluster(name), "the cluster");
    });
  }

  async changePlan(name: string, action: PlanAction, target: PlanTarget, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const words = await changePlan(this.#change, this.#cluster(name), action, target, by);
      if (action === "retry" || action === "resume") this.#framework.offers.ask();
      return words;
    });
  }

  async expect(name: string, node: string | undefined, expect: AskedExpectation, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const words = await changeExpectation(this.#change, this.#cluster(name), node, expect, by);
      if (expect === "RUN") this.#framework.offers.ask();
      return words;
    });
  }

  list(): readonly ClusterListItem[] {
    return this.#clusters().map((cluster) => {
      const input = this.#input(cluster);
      return this.#items.of(cluster, input.nodes, () => listItem(input));
    });
  }

  statusCounts(): StatusCounts {
    return countStatuses(this.#clusters().map((cluster) => this.#input(cluster)));
  }

  get(name: string): ClusterView {
    return clusterView(this.#input(this.#cluster(name)));
  }

  state(name: string): ClusterStateView {
    const cluster = this.#cluster(name);
    const { presentRenderer } = this.#parts.kind;
    const { ledger } = this.#framework;
    return clusterStateView({
      ...this.#input(cluster),
      plan: this.#framework.plans.plan(cluster),
      pending: this.#framework.plans.pending(cluster),
      now: this.#parts.clock.now(),
      present: (node) => presentRenderer.hashes(cluster.spec, node),
      peersVersion: this.#parts.kind.peers.current(cluster.spec)?.version,
      storageProblem: (node) => ledger.problem(name, node),
      configurationProblem: presentRenderer.problem(cluster.spec) ?? "",
    });
  }

  pending(name: string): readonly PendingView[] {
    return this.#framework.plans.pending(this.#cluster(name));
  }

  json(name: string): Readonly<Record<string, unknown>> {
    return clusterJson(this.#cluster(name).spec);
  }

  async adminToken(name: string): Promise<string> {
    return (await this.#parts.pki.authorities(instanceOf(this.#alive(name)))).adminToken;
  }

  async kubeconfig(name: string): Promise<string> {
    const cluster = this.#alive(name);
    const authorities = await this.#parts.pki.authorities(instanceOf(cluster));
    return clusterKubeconfig(authorities, { server: apiserverOf(cluster.spec), clock: this.#parts.clock });
  }

  supportedVersions(): readonly string[] {
    const { configurations, images } = this.#readContext();
    // Executors are asked only before a refusal. What is listed may be as old as the last report.
    const known = this.#framework.inventory.known(freshMs);
    return launchableVersions(configurations, { ...images, known });
  }

  subscribeLog(name: string, listener: (entry: ClusterLogEntry) => void): LogSubscription {
    return this.#framework.logs.subscribe(this.#cluster(name).spec.name, listener);
  }

  channelUnit(cluster: string, node: string): ChannelUnit {
    return channelUnit(this.#framework.ledger, cluster, node);
  }

  sendMessage({ agentId, executorId }: ChannelUnit, message: Uint8Array): void {
    void this.#framework.calls.message(agentId, executorId, message);
  }

  connected(): boolean {
    return this.#parts.framework.subscription.active;
  }

  unsubscribed(): string {
    return this.#parts.framework.subscription.problem;
  }

  unwritable(): string {
    return this.#parts.framework.unwritable();
  }

  get #framework(): FrameworkComponents {
    return this.#parts.framework.parts;
  }

  /** What a change of a plan needs. */
  get #change(): ChangeParts {
    return { ...this.#framework, clock: this.#parts.clock };
  }

  #clusters(): readonly ClusterRecord[] {
    return clustersOf(this.#framework.ledger.workloads());
  }

  #readContext(): ReadContext {
    const { options } = this.#parts;
    const { inventory } = this.#framework;
    const { configurations, spiderLbEndpoint, roles, imagePath, localVersions = [] } = options;
    return {
      configurations,
      existing: this.#clusters().map(({ spec }) => spec),
      loadBalancer: spiderLbEndpoint !== undefined,
      roles,
      images: { imagePath, localVersions, known: inventory.known() },
    };
  }

  /**
   * True when the present facts would refuse the body, or do not contain its network: then executors are asked again.
   */
  #needsLook(body: unknown): boolean {
    try {
      const { spec } = readCluster(body, this.#readContext());
      return !this.#framework.inventory.hasNetwork(spec.network);
    } catch (error) {
      return error instanceof SpecInvalidError && error.ofHosts;
    }
  }

  #cluster(name: string): ClusterRecord {
    const cluster = this.#framework.ledger.workload(name);
    if (cluster === undefined || !isCluster(cluster)) throw new ClusterNotFoundError(name);
    return cluster;
  }

  /** A request for credentials of a cluster that is being deleted must not make new ones. */
  #alive(name: string): ClusterRecord {
    const cluster = this.#cluster(name);
    if (cluster.deleting) throw new ClusterDeletingError(name);
    return cluster;
  }

  #input(cluster: ClusterRecord): ViewInput {
    const { ledger } = this.#framework;
    const { renderings } = this.#parts.kind;
    const rendering = (node: string) => renderings.stored(cluster.spec, node);
    return { cluster, rendering, nodes: ledger.units(cluster.spec.name) };
  }
}
