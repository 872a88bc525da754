// The kind "kubernetes": a unit is a KubeNode, and its processes are those of Kubernetes. It keeps the renderings and
// the keys of each cluster.
import type { Clock, Logger } from "@cke/foundation";
import { type ClusterPeers, TaskData } from "@cke/protocol";
import type { Store, StoreOperation } from "../store/store.ts";
import type {
  KnownHosts,
  LaunchIdentity,
  PlanInput,
  PresentWorkloads,
  RenderedUnit,
  UnitGate,
  UnitSecrets,
  WorkloadKind,
} from "../workload/kinds/workload-kind.ts";
import type { UnitPlan } from "../workload/plans/plan.ts";
import type { PlanStage } from "../workload/records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../workload/records/records.ts";
import { type ClusterRecord, clustersOf, isCluster, kubernetesKind } from "./cluster/cluster-record.ts";
import { clusterSpecSchema } from "./cluster/cluster-spec.ts";
import { apiserverUrlFor } from "./configuration/computed-variables.ts";
import type { ClusterPki, KubernetesOptions } from "./kubernetes-options.ts";
import { PeersPublisher } from "./peers/peers-publisher.ts";
import { instanceOf } from "./pki/cluster-instance.ts";
import type { NodeSecretsRequest } from "./pki/key-material.ts";
import { cleanupOf } from "./rendering/cleanup-task.ts";
import { type NodeRenderer, PresentRenderer } from "./rendering/current-renderer.ts";
import type { NodeOutline } from "./rendering/node-outline.ts";
import type { RenderedNode } from "./rendering/node-renderer.ts";
import { Renderings } from "./rendering/renderings.ts";
import { networkPilot } from "./steps/network-pilot.ts";
import { nodeRules } from "./steps/node-rules.ts";
import { planNode } from "./steps/phases.ts";
import { stopStages } from "./steps/stop-plan.ts";

export interface KubernetesKindParts {
  readonly options: KubernetesOptions;
  readonly store: Store;
  readonly pki: ClusterPki;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests, to be another version of CKE. */
  readonly renderer?: NodeRenderer | undefined;
}

export class KubernetesKind implements WorkloadKind {
  readonly name = kubernetesKind;
  readonly spec = clusterSpecSchema;
  readonly rules = nodeRules;
  readonly executor: string;
  readonly renderings: Renderings;
  /** How clusters would be rendered now. */
  readonly presentRenderer: PresentRenderer;
  /** Sends running nodes the other nodes of their clusters. */
  readonly peers: PeersPublisher;
  readonly #parts: KubernetesKindParts;

  constructor(parts: KubernetesKindParts) {
    this.#parts = parts;
    this.executor = parts.options.executor;
    this.presentRenderer = new PresentRenderer(parts.options, parts.renderer);
    this.renderings = new Renderings(this.presentRenderer, parts.clock);
    this.peers = new PeersPublisher({ clock: parts.clock, renderings: this.renderings });
  }

  logFields(cluster: string, node: string | undefined): Readonly<Record<string, string>> {
    return node === undefined ? { cluster } : { cluster, node };
  }

  async load({ workloads, unitsOf }: PresentWorkloads): Promise<void> {
    const { pki, store, logger } = this.#parts;
    const clusters = clustersOf(workloads());
    await pki.sweep(new Set(clusters.map(({ spec }) => spec.name)));
    await this.renderings.load(store, { clusters, nodesOf: unitsOf }, logger);
  }

  async tick(present: PresentWorkloads): Promise<void> {
    await this.peers.tick(present);
  }

  outline({ spec }: WorkloadRecord, unit: string): NodeOutline | undefined {
    return this.renderings.outline(spec, unit);
  }

  rendered(workload: WorkloadRecord, unit: string): RenderedUnit | undefined {
    const node = this.renderings.node(workload.spec, unit);
    // Read at the launch, because the peers are not part of the rendering.
    return node && renderedUnit(node, () => (isCluster(workload) ? this.peers.current(workload.spec) : undefined));
  }

  problem(workload: WorkloadRecord): string | undefined {
    return isCluster(workload) ? this.renderings.problem(workload.spec) : undefined;
  }

  stopStages({ spec }: WorkloadRecord): readonly PlanStage[] {
    return stopStages(spec);
  }

  /** While no agent has reported the cluster's network, one node goes first. */
  gate(
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
    hosts: KnownHosts,
    mayLaunch: (unit: UnitRecord) => boolean,
  ): UnitGate | undefined {
    if (!isCluster(workload)) return undefined;
    const { spec } = workload;
    const pilot = networkPilot(spec, units, hosts.hasNetwork(spec.network), mayLaunch);
    return pilot && ((unit) => (unit === pilot.node ? undefined : pilot.words));
  }

  plan({ spec }: WorkloadRecord, { record, paused, waitReason }: PlanInput): UnitPlan | undefined {
    const outline = this.renderings.outline(spec, record.unit);
    return outline && planNode({ name: record.unit, outline, record, paused, waitReason });
  }

  async secrets(workload: WorkloadRecord, unit: string): Promise<UnitSecrets> {
    const rendered = this.renderings.node(workload.spec, unit);
    const request = rendered && isCluster(workload) ? secretsRequest(workload, unit, rendered) : undefined;
    if (rendered === undefined || request === undefined) return undefined;
    const allowed = new Set(rendered.kubeNode.secrets.map(({ name }) => name));
    const issued = await this.#parts.pki.nodeSecrets(instanceOf(workload), request);
    return new Map(Object.entries(issued).filter(([name]) => allowed.has(name)));
  }

  async deleteOperations(workload: string): Promise<readonly StoreOperation[]> {
    const keys = await this.#parts.pki.deleteOperations(workload);
    return [...this.renderings.deleteOperations(workload), ...keys];
  }

  forget(workload: string): void {
    this.renderings.forget(workload);
  }
}

function secretsRequest({ spec }: ClusterRecord, unit: string, rendered: RenderedNode): NodeSecretsRequest | undefined {
  const node = spec.units.find(({ name }) => name === unit);
  if (node === undefined) return undefined;
  const masters = spec.units.filter(({ type }) => type === "master");
  const { registryCertificate } = rendered.kubeNode;
  return {
    node: unit,
    nodeType: node.type,
    nodeIp: node.ip,
    masterIps: masters.map(({ ip }) => ip),
    serviceCidr: rendered.serviceCidr,
    apiServerUrl: apiserverUrlFor(node.type, masters[0]?.ip ?? ""),
    processTypes: rendered.processes.map(({ type }) => type),
    ...(registryCertificate.length === 0 ? {} : { registryCertificate: new TextDecoder().decode(registryCertificate) }),
  };
}

/** The peers for the node; undefined when its container has them already. */
type PeersNow = () => ClusterPeers | undefined;

function nodeData(rendered: RenderedNode, peersNow: PeersNow, launch: LaunchIdentity): Uint8Array {
  const { incarnation, frameworkId, instance, cleanup } = launch;
  const { kubeNode } = cleanup ? cleanupOf(rendered) : rendered;
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
    processes: rendered.processes.map(({ name, configHash, spec }) => ({
      name,
      configHash,
      data: () => TaskData.encode({ task: { kind: "process", value: { spec } } }),
    })),
  };
}
