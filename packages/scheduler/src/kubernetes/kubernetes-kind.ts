// The kind "kubernetes": a unit is a KubeNode, and its processes are those of Kubernetes. It keeps the renderings and
// the keys of each cluster.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { bgpSecretsName, type ClusterPeers, TaskData } from "@cke/protocol";
import type { Store, StoreOperation } from "../store/store.ts";
import type { ClaimedPort } from "../workload/kinds/claimed-ports.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../workload/kinds/plan-action.ts";
import type {
  KindBeginning,
  KnownHosts,
  LaunchIdentity,
  PlanInput,
  PresentWorkloads,
  PreventedBeginning,
  RenderedUnit,
  UnitPrerequisite,
  UnitSecrets,
  WorkloadKind,
} from "../workload/kinds/workload-kind.ts";
import type { UnitPlan } from "../workload/plans/bring-up-view.ts";
import type { PlanStage } from "../workload/records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../workload/records/records.ts";
import type { KubernetesClient } from "./access/kubernetes-client.ts";
import { secretsRequest } from "./certificates/secrets-request.ts";
import type { ServingCertificates } from "./certificates/serving-certificates.ts";
import { clustersOf, isCluster, kubernetesKind } from "./cluster/cluster-record.ts";
import { type ClusterSpec, claimedPortsOf, clusterSpecSchema } from "./cluster/cluster-spec.ts";
import type { ClusterPki, KubernetesOptions } from "./kubernetes-options.ts";
import type { LoadBalancer } from "./load-balancer/load-balancer.ts";
import { foundingAfterLoss } from "./masters/founding-after-loss.ts";
import { endWords } from "./masters/master-plans.ts";
import { FormerNodes } from "./nodes/former-nodes.ts";
import { nodeActions } from "./nodes/node-actions.ts";
import { undoneActions } from "./nodes/removal-plan.ts";
import { PeersPublisher } from "./peers/peers-publisher.ts";
import { bgpSecretsOf } from "./pki/bgp-secrets.ts";
import { instanceOf } from "./pki/cluster-instance.ts";
import { processMessage } from "./processes/process-message.ts";
import { ProcessPublisher } from "./processes/process-publisher.ts";
import { rangesOf } from "./ranges/cluster-ranges.ts";
import { cleanupOf } from "./rendering/cleanup-task.ts";
import { type NodeRenderer, PresentRenderer } from "./rendering/current-renderer.ts";
import type { NodeOutline } from "./rendering/node-outline.ts";
import type { RenderedNode } from "./rendering/node-renderer.ts";
import { Renderings } from "./rendering/renderings.ts";
import type { Announcement } from "./services/announcements.ts";
import type { ServiceAddresses } from "./services/service-addresses.ts";
import { networkPilot } from "./steps/network-pilot.ts";
import type { MasterPlans, NodeActions } from "./steps/node-action.ts";
import { nodeRules } from "./steps/node-rules.ts";
import { planNode } from "./steps/phases.ts";
import { stopStages } from "./steps/stop-plan.ts";

export interface KubernetesKindParts {
  readonly options: KubernetesOptions;
  readonly store: Store;
  readonly pki: ClusterPki;
  /** The API servers of running clusters. */
  readonly client: KubernetesClient;
  readonly loadBalancer: LoadBalancer;
  /** Absent: Services of type LoadBalancer get no addresses. */
  readonly services?: ServiceAddresses | undefined;
  /** Absent: a master gets its certificate at its launch only. */
  readonly servingCertificates?: ServingCertificates | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests: what plans may do to nodes, by name. */
  readonly actions?: NodeActions | undefined;
  /** Changes of masters; absent: none. */
  readonly masters?: MasterPlans | undefined;
  /** For tests, to be another version of CKE. */
  readonly renderer?: NodeRenderer | undefined;
}

export class KubernetesKind implements WorkloadKind {
  readonly name = kubernetesKind;
  readonly spec = clusterSpecSchema;
  readonly rules = nodeRules;
  readonly undone = undoneActions;
  readonly revocable: ReadonlySet<string>;
  readonly executor: string;
  readonly renderings: Renderings;
  /** How clusters would be rendered now. */
  readonly presentRenderer: PresentRenderer;
  /** Sends running nodes the other nodes of their clusters. */
  readonly peers: PeersPublisher;
  /** Tells running nodes what their processes are to be. */
  readonly processes: ProcessPublisher;
  /** The API servers of running clusters, with all rights. */
  readonly client: KubernetesClient;
  /** Knows the hosts that take traffic. */
  readonly loadBalancer: LoadBalancer;
  /** Knows the addresses of Services. */
  readonly services: ServiceAddresses | undefined;
  /** Knows where removed nodes ran last. */
  readonly formerNodes: FormerNodes;
  readonly #parts: KubernetesKindParts;
  readonly #actions: NodeActions;
  /** Why nothing is published of a cluster, as it was logged last. */
  readonly #problems = new Map<string, string>();

  constructor(parts: KubernetesKindParts) {
    this.#parts = parts;
    this.executor = parts.options.executor;
    this.client = parts.client;
    this.loadBalancer = parts.loadBalancer;
    this.services = parts.services;
    this.formerNodes = new FormerNodes(parts.store);
    const ofNodes = parts.actions ?? nodeActions(parts.client, () => parts.clock.now());
    this.#actions = new Map([...ofNodes, ...(parts.masters?.actions ?? [])]);
    this.revocable = parts.masters?.revocable ?? new Set();
    this.presentRenderer = new PresentRenderer(parts.options, parts.renderer);
    this.renderings = new Renderings(this.presentRenderer, parts.clock);
    const publishing = {
      clock: parts.clock,
      renderings: this.renderings,
      onProblem: (cluster: string, error: unknown) => this.#cannotPublish(cluster, messageOf(error)),
    };
    const ranges = (spec: ClusterSpec) => rangesOf(spec, parts.options.configurations.get(spec.version));
    const announcements = (cluster: string) => this.services?.announced(cluster) ?? noAnnouncements;
    this.peers = new PeersPublisher({ ...publishing, ranges, announcements });
    this.processes = new ProcessPublisher(publishing);
  }

  logFields(cluster: string, node: string | undefined): Readonly<Record<string, string>> {
    return node === undefined ? { cluster } : { cluster, node };
  }

  async load(present: PresentWorkloads): Promise<void> {
    const { workloads, unitsOf } = present;
    const { pki, store, logger } = this.#parts;
    const clusters = clustersOf(workloads());
    await pki.sweep(new Set(clusters.map(({ spec }) => spec.name)));
    await this.renderings.load(store, { clusters, nodesOf: unitsOf }, logger);
    await this.loadBalancer.load(present);
    await this.services?.load(present);
  }

  async tick(present: PresentWorkloads): Promise<void> {
    this.services?.tick(present);
    await this.peers.tick(present);
    await this.processes.tick(present);
    this.loadBalancer.tick(present);
    this.#parts.servingCertificates?.tick(present);
  }

  /** It is tried again in each round and logged once. */
  #cannotPublish(cluster: string, problem: string): void {
    if (this.#problems.get(cluster) === problem) return;
    this.#problems.set(cluster, problem);
    this.#parts.logger.error("changes cannot be sent to the nodes of a cluster", { cluster, problem });
  }

  outline({ spec }: WorkloadRecord, unit: string): NodeOutline | undefined {
    return this.renderings.outline(spec, unit);
  }

  rendered(workload: WorkloadRecord, unit: string): RenderedUnit | undefined {
    const node = this.renderings.node(workload.spec, unit);
    // Read at the launch, because the peers are not part of the rendering.
    return node && renderedUnit(node, () => (isCluster(workload) ? this.peers.current(workload.spec) : undefined));
  }

  hostPorts(workload: WorkloadRecord): readonly ClaimedPort[] {
    return isCluster(workload) ? claimedPortsOf(workload.spec) : [];
  }

  problem(workload: WorkloadRecord): string | undefined {
    return isCluster(workload) ? this.renderings.problem(workload.spec) : undefined;
  }

  stopStages({ spec }: WorkloadRecord): readonly PlanStage[] {
    return stopStages(spec);
  }

  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const action = this.#actions.get(request.action);
    if (action !== undefined) return await action(request);
    const known = [...this.#actions.keys()].join(", ");
    return { state: "failed", reason: `this version does not know the action "${request.action}"; it knows: ${known}` };
  }

  /**
   * While no agent has reported the cluster's network, one node goes first. A master that joins waits until etcd knows it.
   */
  prerequisite(
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
    hosts: KnownHosts,
    mayLaunch: (unit: UnitRecord) => boolean,
  ): UnitPrerequisite | undefined {
    if (!isCluster(workload)) return undefined;
    const { spec } = workload;
    const pilot = networkPilot(spec, units, hosts.hasNetwork(spec.network), mayLaunch);
    const records = new Map(units.map((record) => [record.unit, record]));
    return (unit) => {
      const record = records.get(unit);
      const words = record && this.#parts.masters?.waitReason(workload, record);
      if (words !== undefined) return { kind: "plan", words };
      return pilot === undefined || unit === pilot.node ? undefined : { kind: "network", words: pilot.words };
    };
  }

  plan(workload: WorkloadRecord, { record, paused, waitReason }: PlanInput): UnitPlan | undefined {
    const { unit: name } = record;
    const outline = this.renderings.outline(workload.spec, name);
    return outline && planNode({ name, outline, record, paused, waitReason, ends: endWords(workload, name) });
  }

  async secrets(workload: WorkloadRecord, unit: string, hostname: string): Promise<UnitSecrets> {
    const rendered = this.renderings.node(workload.spec, unit);
    const request =
      rendered && isCluster(workload)
        ? secretsRequest(workload, unit, rendered, hostname, this.loadBalancer.view(workload)?.vip ?? [])
        : undefined;
    if (rendered === undefined || request === undefined) return undefined;
    const bgp = isCluster(workload) && workload.spec.bgp !== undefined;
    const sessions = bgp ? await bgpSecretsOf(this.#parts.store, workload.spec.name) : undefined;
    const allowed = new Set(rendered.kubeNode.secrets.map(({ name }) => name));
    const issued = await this.#parts.pki.nodeSecrets(instanceOf(workload), request);
    const all = { ...issued, ...(sessions === undefined ? {} : { [bgpSecretsName]: sessions }) };
    return new Map(Object.entries(all).filter(([name]) => allowed.has(name)));
  }

  async deleteOperations(workload: string): Promise<readonly StoreOperation[]> {
    const keys = await this.#parts.pki.deleteOperations(workload);
    const former = await this.formerNodes.deleteOperations(workload);
    const balancer = this.loadBalancer.deleteOperations(workload);
    const announced = this.services?.deleteOperations(workload) ?? [];
    return [...this.renderings.deleteOperations(workload), ...keys, ...former, ...balancer, ...announced];
  }

  beginAnew(workload: WorkloadRecord): KindBeginning | PreventedBeginning | undefined {
    const { masters } = this.#parts;
    return !isCluster(workload) || masters === undefined
      ? undefined
      : foundingAfterLoss(workload, masters, this.renderings);
  }

  forget(workload: string): void {
    this.#problems.delete(workload);
    this.renderings.forget(workload);
    this.loadBalancer.forget(workload);
    this.services?.forget(workload);
  }

  async deleteUnitOperations(record: UnitRecord): Promise<readonly StoreOperation[]> {
    const { workload, unit } = record;
    const keys = await this.#parts.pki.deleteNodeOperations(workload, unit);
    const former = await this.formerNodes.removalOperations(record);
    return [...this.renderings.deleteOperations(workload, unit), ...keys, ...former];
  }

  /** The other instance gets keys of its own. */
  async replaceUnitOperations({ workload, unit }: UnitRecord): Promise<readonly StoreOperation[]> {
    return await this.#parts.pki.deleteNodeOperations(workload, unit);
  }

  forgetUnit(workload: string, unit: string): void {
    this.renderings.forgetNode(workload, unit);
  }
}

const noAnnouncements: readonly Announcement[] = [];

/** The peers for the node; undefined when its container has them already. */
type PeersNow = () => ClusterPeers | undefined;

function nodeData(rendered: RenderedNode, peersNow: PeersNow, launch: LaunchIdentity): Uint8Array {
  const { incarnation, frameworkId, instance, cleanup, keepsData = false } = launch;
  const { kubeNode } = cleanup ? cleanupOf(rendered, keepsData) : rendered;
  const peers = cleanup ? undefined : peersNow();
  // Not part of the rendering: the hash is of what was asked for, which two instances may have in common.
  const labels = instance === "" ? kubeNode.labels : { ...kubeNode.labels, "cke.instance": instance };
  return TaskData.encode({
    task: { kind: "kubeNode", value: { ...kubeNode, labels, incarnation, frameworkId, peers } },
  });
}

/** A rendered KubeNode as the framework launches it. */
export function renderedUnit(rendered: RenderedNode, peersNow: PeersNow = () => undefined): RenderedUnit {
  return {
    configHash: rendered.configHash,
    data: (launch) => nodeData(rendered, peersNow, launch),
    processes: rendered.processes.map((process) => ({
      name: process.name,
      configHash: process.configHash,
      data: () => TaskData.encode({ task: { kind: "process", value: processMessage(process) } }),
    })),
    resourceData: (process) => TaskData.encode({ task: { kind: "resources", value: { process } } }),
  };
}
