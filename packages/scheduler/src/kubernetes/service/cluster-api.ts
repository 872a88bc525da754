// The cluster service of the REST API: creates, deletes, shows and changes Kubernetes clusters.
import type { Clock } from "@cke/foundation";
import type { ChannelUnit } from "../../channel/unit.ts";
import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import { channelUnit } from "../../framework/service/channel-unit.ts";
import { changeExpectation } from "../../framework/service/expectation-change.ts";
import { type ChangeParts, changePlan } from "../../framework/service/plan-change.ts";
import { createWorkload, deleteWorkload } from "../../framework/service/workload-lifecycle.ts";
import { freshMs } from "../../workload/agents/host-facts.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { NameTakenError } from "../../workload/kinds/kinds.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import { ClusterDeletingError, ClusterExistsError } from "../cluster/cluster-errors.ts";
import { type ReadContext, readCluster } from "../cluster/cluster-reader.ts";
import { type ClusterRecord, clustersOf, isCluster, knownCluster, kubernetesKind } from "../cluster/cluster-record.ts";
import { announcedApi } from "../cluster/cluster-spec.ts";
import { launchableVersions } from "../configuration/version-images.ts";
import type { KubernetesKind } from "../kubernetes-kind.ts";
import type { ClusterPki, KubernetesOptions } from "../kubernetes-options.ts";
import { type NetworkView, networkView } from "../network/bgp-view.ts";
import { hasMarks, labelPlans } from "../nodes/node-change.ts";
import { newBgpSecrets } from "../pki/bgp-secrets.ts";
import { instanceOf } from "../pki/cluster-instance.ts";
import { rangesOf } from "../ranges/cluster-ranges.ts";
import { hostWarnings } from "../requests/host-warnings.ts";
import { warnOfOrphans } from "../requests/orphan-warnings.ts";
import { readContext } from "../requests/read-context.ts";
import { apiAddress, apiAddressVia } from "../views/api-addresses.ts";
import { clusterJson } from "../views/cluster-json.ts";
import type { CreatedCluster, Kubeconfig, KubeconfigAsk, RunningClusterService } from "../views/cluster-service.ts";
import type { ClusterListItem, ClusterStateView, ClusterView } from "../views/cluster-views.ts";
import {
  type ClusterLog,
  clusterLog,
  clusterPlanView,
  type NodeTarget,
  type PendingNodeView,
  pendingNodeViews,
  planTarget,
} from "../views/plan-views.ts";
import { clusterStateView } from "../views/state-view.ts";
import { countStatuses, type StatusCounts } from "../views/status-counts.ts";
import { clusterView, type ViewInput } from "../views/views.ts";
import { kubeconfigFor } from "./cluster-kubeconfig.ts";
import { ClusterListItems } from "./cluster-list-items.ts";
import { changeRouters } from "./router-change.ts";

export interface ClusterApiParts {
  readonly framework: Framework;
  readonly kind: KubernetesKind;
  readonly options: FrameworkOptions & KubernetesOptions;
  readonly pki: ClusterPki;
  /** This scheduler's own `http://host:port`. */
  readonly ownUrl: () => string;
  readonly clock: Clock;
  /** Makes a unique, sortable id for an instance of a cluster. */
  readonly incarnation: (now: number) => string;
}

export class ClusterApi implements RunningClusterService {
  readonly #parts: ClusterApiParts;
  readonly #items = new ClusterListItems();

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
      const { ledger, logs, executorMessages, kinds } = this.#framework;
      const { renderings } = kind;
      const { spec, passwords, ignored } = readCluster(body, this.#readContext());
      const { name } = spec;
      const other = ledger.workload(name);
      if (other !== undefined && !isCluster(other))
        throw new NameTakenError(name, kinds.of(other).rules.words.workload, other.deleting);
      if (other !== undefined)
        throw new ClusterExistsError(name, other.deleting ? "is still being deleted" : undefined);
      const rendered = renderings.create(spec);
      const now = clock.now();
      const marked = spec.units.filter(hasMarks).map((node) => node.name);
      const plans = labelPlans(marked, () => ({ id: incarnation(now), sinceMs: now, by: "" }));
      const cluster: ClusterRecord = {
        ...{ kind: kubernetesKind, spec, createdAtMs: now, deleting: false },
        ...(plans.length === 0 ? {} : { plans: [...plans] }),
      };
      const instance = incarnation(now);
      // Keys that an earlier version has left under this name belong to no cluster.
      const left = await pki.deleteOperations(name);
      const sessions = spec.bgp === undefined ? [] : [newBgpSecrets(name, passwords)];
      const old = left.filter(({ key }) => sessions.every((one) => one.key !== key));
      await createWorkload(this.#framework, cluster, instance, [...rendered.operations, ...old, ...sessions]);
      renderings.keep(name, rendered);
      logs.line("info", name, `created with ${spec.units.length} nodes, Kubernetes ${rendered.kubernetes}`);
      warnOfOrphans(this.#framework, name);
      const warnings = [...ignoredFieldsMessage(ignored), ...hostWarnings(this.#framework, spec, spec.units)];
      for (const words of warnings) logs.line("warning", name, words);
      executorMessages.warm(cluster);
      return { name, warnings };
    });
  }

  async remove(name: string): Promise<void> {
    await this.#parts.framework.change(async () => {
      await deleteWorkload(this.#framework, this.#cluster(name));
    });
  }

  async changePlan(name: string, action: PlanAction, target: NodeTarget, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const words = await changePlan(this.#change, this.#cluster(name), action, planTarget(target), by);
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

  async changeRouters(name: string, routers: unknown, by: string): Promise<string> {
    const asked = { cluster: () => this.#alive(name), context: () => this.#readContext() };
    return await changeRouters(this.#parts.framework, asked, routers, by);
  }

  list(): readonly ClusterListItem[] {
    return this.#clusters().map((cluster) => this.#items.of(this.#input(cluster)));
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
      plan: clusterPlanView(this.#framework.plans.plan(cluster)),
      pending: pendingNodeViews(this.#framework.plans.pending(cluster)),
      now: this.#parts.clock.now(),
      present: (node) => presentRenderer.hashes(cluster.spec, node),
      peersVersion: this.#parts.kind.peers.current(cluster.spec)?.version,
      process: (node, process) => {
        const record = ledger.unit(name, node);
        return record && this.#parts.kind.processes.following(cluster.spec, record, process);
      },
      storageProblem: (node) => ledger.problem(name, node),
      configurationProblem: presentRenderer.problem(cluster.spec) ?? "",
    });
  }

  network(name: string): NetworkView {
    const { spec } = this.#cluster(name);
    const { ledger } = this.#framework;
    const { services } = this.#parts.kind;
    return networkView({
      spec,
      apiAddress: announcedApi(spec),
      services: { announced: services?.announced(name) ?? [], problem: services?.problem(name) ?? "" },
      ranges: rangesOf(spec, this.#parts.options.configurations.get(spec.version)),
      block: (node) => this.#parts.kind.renderings.podCidr(spec, node),
      record: (node) => ledger.unit(name, node),
    });
  }

  pending(name: string): readonly PendingNodeView[] {
    return pendingNodeViews(this.#framework.plans.pending(this.#cluster(name)));
  }

  json(name: string): Readonly<Record<string, unknown>> {
    return clusterJson(this.#cluster(name).spec);
  }

  async adminToken(name: string): Promise<string> {
    return (await this.#parts.pki.authorities(instanceOf(this.#alive(name)))).adminToken;
  }

  async kubeconfig(name: string, { via, schedulerUrl = this.#parts.ownUrl() }: KubeconfigAsk): Promise<Kubeconfig> {
    const cluster = this.#alive(name);
    const input = this.#input(cluster);
    const address = via === undefined ? apiAddress(input, schedulerUrl) : apiAddressVia(input, via, schedulerUrl);
    const authorities = await this.#parts.pki.authorities(instanceOf(cluster));
    return { via: address.via, text: kubeconfigFor(authorities, address, schedulerUrl, this.#parts.clock) };
  }

  supportedVersions(): readonly string[] {
    const { configurations, images } = this.#readContext();
    // Executors are asked only before a refusal. What is listed may be as old as the last report.
    const known = this.#framework.inventory.known(freshMs);
    return launchableVersions(configurations, { ...images, known });
  }

  log(name: string): ClusterLog {
    return clusterLog(this.#framework.logs.of(this.#cluster(name).spec.name));
  }

  channelUnit(cluster: string, node: string): ChannelUnit {
    const { spec } = this.#cluster(cluster);
    const record = this.#framework.ledger.unit(cluster, node);
    const names = spec.units.map(({ name }) => name);
    if (record === undefined) throw new PartNotFoundError("node", `cluster "${cluster}"`, node, names);
    return channelUnit(record, `node "${node}" of cluster "${cluster}"`, "node");
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
    return readContext(this.#framework, this.#parts.options);
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
    return knownCluster(this.#framework.ledger, name);
  }

  /** A request for credentials of a cluster that is being deleted must not make new ones. */
  #alive(name: string): ClusterRecord {
    const cluster = this.#cluster(name);
    if (cluster.deleting) throw new ClusterDeletingError(name);
    return cluster;
  }

  #input(cluster: ClusterRecord): ViewInput {
    const { ledger, planActions } = this.#framework;
    const { renderings, loadBalancer } = this.#parts.kind;
    return {
      cluster,
      rendering: (node) => renderings.stored(cluster.spec, node),
      nodes: ledger.units(cluster.spec.name),
      planProgress: planActions.progress,
      schedulerUrl: this.#parts.ownUrl(),
      loadBalancer: loadBalancer.view(cluster),
      ranges: rangesOf(cluster.spec, this.#parts.options.configurations.get(cluster.spec.version)),
    };
  }
}
