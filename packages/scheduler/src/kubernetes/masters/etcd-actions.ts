// The actions of plans that change etcd's members. Each call takes one step and says what is waited for; what etcd lists
// is the only memory, so that a scheduler that dies in the middle is followed by one that goes on.
//
// A master that joins is launched when etcd has it as a learner, and not before: its etcd would found nothing and find
// nothing. Which masters may be launched is not stored. A scheduler that has just begun asks etcd again.
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { entriesOf, isOpen } from "../../workload/records/plan-record.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { type ClusterRecord, isCluster } from "../cluster/cluster-record.ts";
import type { ClusterSpec, MasterPlace, NodeSpec } from "../cluster/cluster-spec.ts";
import type { EtcdTransport } from "../etcd/etcd-gateway.ts";
import { EtcdMembership, type MembershipProgress } from "../etcd/etcd-membership.ts";
import type { EtcdMember } from "../etcd/membership.ts";
import { followedProcess } from "../processes/followed-process.ts";
import type { ProcessPublisher } from "../processes/process-publisher.ts";
import { etcdMaster, etcdMasters, etcdTopology, foundersOf, mastersOf } from "../rendering/etcd-topology.ts";
import type { RenderedNode } from "../rendering/node-renderer.ts";
import type { Renderings } from "../rendering/renderings.ts";
import type { NodeActions } from "../steps/node-action.ts";
import { foundedAnew, isJoining, refounded } from "./founding.ts";
import { electing, withElection, withoutElection } from "./leader-election.ts";
import { masterActions, revocableActions } from "./master-plans.ts";

/** Stores changes of a cluster that runs. Nothing is stored when the cluster is gone, or is being deleted. */
export interface ClusterChanges {
  /** Another specification. `nodes`: those whose renderings follow from it from now on. */
  respecify(
    cluster: ClusterRecord,
    change: (spec: ClusterSpec) => ClusterSpec,
    nodes: readonly string[],
  ): Promise<void>;
  /** Another rendering of a node. What runs follows it. */
  edit(cluster: ClusterRecord, node: string, change: (rendered: RenderedNode) => RenderedNode): Promise<void>;
}

/** Leads to the etcd of a cluster's masters. */
export type EtcdOfClusters = (cluster: string, signal: AbortSignal) => EtcdTransport;

export interface EtcdActionsParts {
  readonly etcd: EtcdOfClusters;
  readonly changes: ClusterChanges;
  /** What is rendered, and what running processes are to be. The kind is made later than its actions. */
  readonly kind: () => {
    readonly renderings: Pick<Renderings, "node">;
    readonly processes: Pick<ProcessPublisher, "wanted">;
  };
}

/** Name of the option of a plan with the id of the member that leaves; absent: whatever member is at the master's address. */
export const memberOption = "member";

export class EtcdActions {
  readonly #parts: EtcdActionsParts;
  /** By cluster: instances of masters that its etcd has as learners, or as members. */
  readonly #known = new Map<string, Set<string>>();

  constructor(parts: EtcdActionsParts) {
    this.#parts = parts;
  }

  readonly revocable = revocableActions;
  readonly actions: NodeActions = new Map([
    [masterActions.join, async (request: PlanActionRequest) => await this.#join(request)],
    [masterActions.leave, async (request: PlanActionRequest) => await this.#leave(request)],
    [masterActions.elect, async (request: PlanActionRequest) => await this.#elect(request)],
  ]);

  /** Why a master must not be launched yet; undefined when it may be, and for every other node. */
  waitReason(cluster: ClusterRecord, record: UnitRecord): string | undefined {
    const node = cluster.spec.units.find(({ name }) => name === record.unit);
    if (node?.joins === undefined || record.home !== "") return undefined;
    if (isJoining(cluster, node.name)) {
      if (this.#knownOf(cluster).has(keyOf(record))) return undefined;
      return "waits until etcd has it as a member: state shows the plan";
    }
    return `has no place in etcd: ask for POST …/nodes/${node.name}/replace`;
  }

  async #join({ workload, unit, record, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    const node = workload.spec.units.find(({ name }) => name === unit);
    if (!isCluster(workload) || record === undefined || node === undefined) return { state: "done" };
    const { spec } = workload;
    const master = spec.units.find(({ name }) => name === unit);
    if (master === undefined) return { state: "done" };
    const known = this.#knownOf(workload);
    const givenUp = new Set(spec.units.map(({ name }) => name).filter((name) => !isJoining(workload, name)));
    const joining = etcdMaster(spec, master);
    const progress = await this.#membership(workload, signal).join(etcdMasters(spec), joining, givenUp);
    if (progress.kind === "start") {
      await this.#prepare(workload, master, progress.members);
      known.add(keyOf(record));
    }
    return outcomeOf(progress);
  }

  foundAnew(cluster: ClusterRecord): { readonly spec: ClusterSpec; readonly nodes: ReadonlySet<string> } {
    const spec = foundedAnew(cluster);
    return { spec, nodes: refounded(cluster.spec, spec) };
  }

  /** The cluster's masters found another etcd, which knows none of those that join. An answer of the one before counts no more. */
  forget(cluster: ClusterRecord): void {
    this.#known.delete(instanceOf(cluster));
  }

  #knownOf(cluster: ClusterRecord): Set<string> {
    const known = this.#known.get(instanceOf(cluster)) ?? new Set();
    this.#known.set(instanceOf(cluster), known);
    return known;
  }

  async #leave({ workload, unit, plan, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    if (!isCluster(workload)) return { state: "done" };
    const { spec } = workload;
    const master = spec.units.find(({ name }) => name === unit);
    if (master === undefined) return { state: "done" };
    const { peerUrl } = etcdMaster(spec, master);
    const member = plan.options[memberOption];
    const leaves = ({ id, peerUrls }: EtcdMember) =>
      member === undefined ? peerUrls.includes(peerUrl) : id === String(member);
    const later = entriesOf(plan).filter((entry) => entry.action === masterActions.leave && isOpen(plan, entry));
    const nodes = new Set(later.map((entry) => entry.unit));
    return outcomeOf(await this.#membership(workload, signal).leave(etcdMasters(spec), leaves, nodes));
  }

  /** Has the controllers of a single master elect a leader, and waits until they do. */
  async #elect({ workload, unit, record }: PlanActionRequest): Promise<PlanActionOutcome> {
    if (!isCluster(workload) || record === undefined) return { state: "done" };
    const { changes, kind } = this.#parts;
    const { renderings, processes } = kind();
    const rendered = renderings.node(workload.spec, unit);
    if (rendered !== undefined && withoutElection(rendered).length > 0) {
      await changes.edit(workload, unit, electing);
      return { state: "waits", reason: "its controllers are told to elect a leader" };
    }
    const electors = new Set(rendered === undefined ? [] : withElection(rendered));
    for (const { spec, version } of processes.wanted(workload.spec, record)) {
      const name = spec?.name ?? "";
      if (!electors.has(name)) continue;
      const followed = followedProcess(record, name);
      if (followed.kind === "fixed") {
        const reason = `${name} cannot be told to elect a leader, for its executor is of an earlier version of CKE: stop and start the cluster first`;
        return { state: "failed", reason };
      }
      const behind = followed.kind === "starting" || (followed.kind === "follows" && followed.version !== version);
      if (behind) return { state: "waits", reason: `${name} begins to elect a leader` };
    }
    return { state: "done" };
  }

  #membership({ spec }: ClusterRecord, signal: AbortSignal): EtcdMembership {
    return new EtcdMembership(this.#parts.etcd(spec.name, signal));
  }

  /** Has the master rendered with the members that etcd has now, if it is not yet. */
  async #prepare(cluster: ClusterRecord, master: NodeSpec, members: readonly EtcdMember[]): Promise<void> {
    const { spec } = cluster;
    const present = new Set(members.flatMap(({ peerUrls }) => peerUrls));
    const known = etcdTopology(spec, master).etcdMembers.map((one) => etcdMaster(spec, one).peerUrl);
    if (master.joins !== undefined && known.length === present.size && known.every((url) => present.has(url))) return;
    const joins = mastersOf(spec)
      .filter(({ name, ...one }) => name !== master.name && present.has(etcdMaster(spec, { name, ...one }).peerUrl))
      .map(({ name, ip }): MasterPlace => ({ name, ip }));
    await this.#parts.changes.respecify(cluster, (now) => withJoins(now, master.name, joins), [master.name]);
  }
}

/** The specification with a master that joins these others. */
export function withJoins(spec: ClusterSpec, master: string, joins: readonly MasterPlace[]): ClusterSpec {
  return {
    ...spec,
    founders: [...foundersOf(spec)],
    units: spec.units.map((unit) => (unit.name === master ? { ...unit, late: true, joins: [...joins] } : unit)),
  };
}

function outcomeOf(progress: MembershipProgress): PlanActionOutcome {
  return progress.kind === "done" ? { state: "done" } : { state: "waits", reason: progress.reason };
}

const instanceOf = ({ spec, createdAtMs }: ClusterRecord) => `${spec.name}@${createdAtMs}`;

const keyOf = ({ unit, instance }: UnitRecord) => `${unit}@${instance}`;
