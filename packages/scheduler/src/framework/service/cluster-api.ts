// The framework's side of the REST API: creating and deleting clusters, and looking at them.
import { TimeSlice } from "@cke/foundation";
import type { ChannelUnit } from "../../channel/unit.ts";
import {
  ClusterDeletingError,
  ClusterExistsError,
  ClusterNotFoundError,
  SpecInvalidError,
} from "../../kubernetes/cluster/cluster-errors.ts";
import { clusterJson } from "../../kubernetes/cluster/cluster-json.ts";
import { type ReadContext, readCluster } from "../../kubernetes/cluster/cluster-reader.ts";
import { ignoredFieldsMessage } from "../../kubernetes/cluster/ignored-fields.ts";
import { launchableVersions } from "../../kubernetes/configuration/version-images.ts";
import type { PeersPublisher } from "../../kubernetes/peers/peers-publisher.ts";
import { instanceOf } from "../../kubernetes/pki/cluster-life.ts";
import { clusterKubeconfig } from "../../kubernetes/pki/kubeconfig.ts";
import type { PresentRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import type {
  ClusterLogEntry,
  CreatedCluster,
  LogSubscription,
  PlanAction,
  PlanTarget,
  RunningClusterService,
} from "../../kubernetes/views/cluster-service.ts";
import type { ClusterListItem, ClusterStateView, ClusterView } from "../../kubernetes/views/cluster-views.ts";
import { clusterStateView } from "../../kubernetes/views/state-view.ts";
import { countStatuses, type StatusCounts } from "../../kubernetes/views/status-counts.ts";
import { apiserverOf, clusterView, listItem, type ViewInput } from "../../kubernetes/views/views.ts";
import { freshMs } from "../../workload/agents/host-facts.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { AskedExpectation } from "../../workload/records/expectation.ts";
import { cleanupCommand } from "../../workload/records/orphaned-resources.ts";
import { newUnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { UnitName } from "../memory/work-queue.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { ClusterPki, FrameworkOptions } from "../ports/dependencies.ts";
import { channelUnit } from "./channel-unit.ts";
import { changeExpectation } from "./expectation-change.ts";
import { type ChangeParts, changePlan } from "./plan-change.ts";
import { PlanQuery, type PlanQueryParts } from "./plan-query.ts";
import { ViewCache } from "./view-cache.ts";

export interface ClusterApiParts extends PlanQueryParts, ChangeParts {
  readonly options: FrameworkOptions;
  readonly pki: ClusterPki;
  readonly presentRenderer: PresentRenderer;
  readonly peers: Pick<PeersPublisher, "current">;
  readonly inventory: AgentInventory;
  readonly calls: Pick<MesosCalls, "message">;
  /** A unique, sortable id for a life of a cluster. */
  readonly incarnation: (now: number) => string;
  /** Reads the store and begins to subscribe. */
  readonly start: () => Promise<void>;
  /** Lets go of Mesos. */
  readonly stop: () => Promise<void>;
  readonly executorMessages: Pick<ExecutorMessages, "warm">;
  /** Asks Mesos anew for what waits. */
  readonly ask: () => void;
  /** Runs a change alone, then takes the steps that follow from it. */
  readonly change: <T>(work: () => Promise<T>) => Promise<T>;
}

export class ClusterApi implements RunningClusterService {
  readonly #parts: ClusterApiParts;
  readonly #items = new ViewCache<ClusterListItem>();
  readonly #plans: PlanQuery;

  constructor(parts: ClusterApiParts) {
    this.#parts = parts;
    this.#plans = new PlanQuery(parts);
  }

  async start(): Promise<void> {
    await this.#parts.start();
  }

  async stop(): Promise<void> {
    await this.#parts.stop();
  }

  async create(body: unknown): Promise<CreatedCluster> {
    // Executors answer in the mailbox: they are asked before anything waits there.
    if (this.#needsLook(body)) await this.#parts.inventory.refresh();
    return await this.#parts.change(async () => {
      const { ledger, renderings, clock, logs, pki, incarnation } = this.#parts;
      const { spec, ignored } = readCluster(body, this.#readContext());
      const { name } = spec;
      const other = ledger.workload(name);
      if (other !== undefined)
        throw new ClusterExistsError(name, other.deleting ? "is still being deleted" : undefined);
      const rendered = renderings.create(spec);
      const now = clock.now();
      const cluster: WorkloadRecord = { kind: "kubernetes", spec, createdAtMs: now, deleting: false };
      const instance = incarnation(now);
      const nodes = spec.units.map((node) => newUnitRecord(name, node.name, instance));
      // Keys that an earlier version left under this name are nobody's.
      const left = await pki.deleteOperations(name);
      await ledger.commit({ workload: cluster, units: nodes, also: [...rendered.operations, ...left] });
      renderings.keep(name, rendered);
      logs.line("info", name, `created with ${nodes.length} nodes, Kubernetes ${rendered.kubernetes}`);
      for (const { node, hostname, instance } of this.#parts.orphanRemovals.ofCluster(name)) {
        const command = cleanupCommand({ workload: name, unit: node, instance });
        const words = `an earlier cluster of this name may still run on ${hostname}, whose agent was out of reach when it was deleted: until that agent is back, and the old node is killed there, both may use its addresses. Bring the agent back, or run on that host: ${command}`;
        logs.line("warning", name, words, { node, host: hostname });
      }
      const warnings = ignoredFieldsMessage(ignored);
      for (const words of warnings) logs.line("warning", name, words);
      this.#parts.executorMessages.warm(cluster);
      return { name, warnings };
    });
  }

  async remove(name: string): Promise<void> {
    await this.#parts.change(async () => {
      const cluster = this.#cluster(name);
      if (cluster.deleting) return;
      await this.#parts.ledger.commit({ workload: { ...cluster, deleting: true } });
      this.#parts.logs.line("info", name, "the cluster is being deleted");
    });
  }

  async changePlan(name: string, action: PlanAction, target: PlanTarget, by: string): Promise<string> {
    return await this.#parts.change(async () => {
      const words = await changePlan(this.#parts, this.#cluster(name), action, target, by);
      if (action === "retry" || action === "resume") this.#parts.ask();
      return words;
    });
  }

  async expect(name: string, node: string | undefined, expect: AskedExpectation, by: string): Promise<string> {
    return await this.#parts.change(async () => {
      const words = await changeExpectation(this.#parts, this.#cluster(name), node, expect, by);
      if (expect === "RUN") this.#parts.ask();
      return words;
    });
  }

  list(): readonly ClusterListItem[] {
    return this.#parts.ledger.workloads().map((cluster) => {
      const input = this.#input(cluster);
      return this.#items.of(cluster, input.nodes, () => listItem(input));
    });
  }

  statusCounts(): StatusCounts {
    return countStatuses(this.#parts.ledger.workloads().map((cluster) => this.#input(cluster)));
  }

  get(name: string): ClusterView {
    return clusterView(this.#input(this.#cluster(name)));
  }

  state(name: string): ClusterStateView {
    const cluster = this.#cluster(name);
    const { presentRenderer, ledger } = this.#parts;
    return clusterStateView({
      ...this.#input(cluster),
      plan: this.#plans.plan(cluster),
      pending: this.#plans.pending(cluster),
      now: this.#parts.clock.now(),
      present: (node) => presentRenderer.hashes(cluster.spec, node),
      peersVersion: this.#parts.peers.current(cluster.spec)?.version,
      storageProblem: (node) => ledger.problem(name, node),
      configurationProblem: presentRenderer.problem(cluster.spec) ?? "",
    });
  }

  pending(name: string): readonly PendingView[] {
    return this.#plans.pending(this.#cluster(name));
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
    // To be refused takes a look at this moment; what is listed may be as old as the last report.
    const known = this.#parts.inventory.known(freshMs);
    return launchableVersions(configurations, { ...images, known });
  }

  subscribeLog(name: string, listener: (entry: ClusterLogEntry) => void): LogSubscription {
    return this.#parts.logs.subscribe(this.#cluster(name).spec.name, listener);
  }

  channelUnit(cluster: string, node: string): ChannelUnit {
    return channelUnit(this.#parts.ledger, cluster, node);
  }

  sendMessage({ agentId, executorId }: ChannelUnit, message: Uint8Array): void {
    void this.#parts.calls.message(agentId, executorId, message);
  }

  connected(): boolean {
    return this.#parts.subscription.active;
  }

  unsubscribed(): string {
    return this.#parts.subscription.problem;
  }

  unwritable(): string {
    return this.#parts.unwritable();
  }

  /** Tells the phases that changed, of these nodes. `known`: false right after the start, when nothing is a change. */
  async observe(known: boolean, nodes: readonly UnitName[]): Promise<void> {
    const pace = new TimeSlice(this.#parts.clock);
    for (const name of nodes) {
      const cluster = this.#parts.ledger.workload(name.workload);
      const record = this.#parts.ledger.unit(name.workload, name.unit);
      const plan = cluster === undefined || record === undefined ? undefined : this.#plans.node(cluster, record);
      if (plan !== undefined) this.#parts.logs.stat(name.workload, plan, known);
      await pace.pause();
    }
  }

  #readContext(): ReadContext {
    const { ledger, options, inventory } = this.#parts;
    const { configurations, spiderLbEndpoint, roles, imagePath, localVersions = [] } = options;
    return {
      configurations,
      existing: ledger.workloads().map(({ spec }) => spec),
      loadBalancer: spiderLbEndpoint !== undefined,
      roles,
      images: { imagePath, localVersions, known: inventory.known() },
    };
  }

  /** True when what is known of the hosts would refuse the body, or does not tell of its network: another look decides. */
  #needsLook(body: unknown): boolean {
    try {
      const { spec } = readCluster(body, this.#readContext());
      return !this.#parts.inventory.hasNetwork(spec.network);
    } catch (error) {
      return error instanceof SpecInvalidError && error.ofHosts;
    }
  }

  #cluster(name: string): WorkloadRecord {
    const cluster = this.#parts.ledger.workload(name);
    if (cluster === undefined) throw new ClusterNotFoundError(name);
    return cluster;
  }

  /** Asking for credentials of a cluster that goes away must not make new ones. */
  #alive(name: string): WorkloadRecord {
    const cluster = this.#cluster(name);
    if (cluster.deleting) throw new ClusterDeletingError(name);
    return cluster;
  }

  #input(cluster: WorkloadRecord): ViewInput {
    const { ledger, renderings } = this.#parts;
    const rendering = (node: string) => renderings.stored(cluster.spec, node);
    return { cluster, rendering, nodes: ledger.units(cluster.spec.name) };
  }
}
