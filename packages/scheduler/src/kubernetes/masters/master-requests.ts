// What a change of masters needs beside what every node needs: etcd is asked before anything is stored, and one plan
// changes all of them, one after the other.
import { CkeError, messageOf } from "@cke/foundation";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { instanceOption, type PlanStage, type WorkloadPlan } from "../../workload/records/plan-record.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec, NodeSpec } from "../cluster/cluster-spec.ts";
import { EtcdMembership, EtcdSilentError } from "../etcd/etcd-membership.ts";
import { type Membership, memberOf } from "../etcd/membership.ts";
import {
  leavingOrder,
  leavingProblem,
  majorityProblem,
  removalProblem,
  unconfirmedWords,
} from "../etcd/membership-steps.ts";
import { replacementGoal } from "../nodes/removal-plan.ts";
import { etcdMaster, etcdMasters, foundersOf, mastersOf } from "../rendering/etcd-topology.ts";
import { type EtcdOfClusters, memberOption, withJoins } from "./etcd-actions.ts";
import { countProblem, joinStages, leaveStages, planProblem, replaceStages } from "./master-plans.ts";

export interface AskedPlan {
  /** Unique among all plans. */
  readonly id: string;
  readonly sinceMs: number;
  readonly by: string;
}

/** How long a request waits for etcd. */
const observeMs = 15_000;

export class MasterRequests {
  readonly #etcd: EtcdOfClusters;

  constructor(etcd: EtcdOfClusters) {
    this.#etcd = etcd;
  }

  /** The members of the cluster's etcd now. Throws a PlanRefusedError (409) when nobody answers. */
  async observe(spec: ClusterSpec): Promise<Membership> {
    const membership = new EtcdMembership(this.#etcd(spec.name, AbortSignal.timeout(observeMs)));
    try {
      return await membership.observe(etcdMasters(spec));
    } catch (error) {
      if (!(error instanceof EtcdSilentError || error instanceof CkeError)) throw error;
      throw new PlanRefusedError(`etcd must be asked before masters are changed: ${messageOf(error)}`, 409);
    }
  }

  /** The cluster with these masters among its nodes, and the plan that lets them join. Throws a PlanRefusedError. */
  joined(
    cluster: ClusterRecord,
    membership: Membership,
    added: readonly NodeSpec[],
    even: boolean,
    asked: AskedPlan,
  ): { readonly spec: (spec: ClusterSpec) => ClusterSpec; readonly plan: WorkloadPlan } {
    const present = mastersOf(cluster.spec);
    this.#check(cluster, present.length + added.length, even);
    for (const master of added) {
      const place = etcdMaster(cluster.spec, master);
      if (memberOf(membership, place) === undefined) continue;
      const words = `"${master.name}": etcd has a member at ${place.peerUrl} already, which belongs to no master: remove it first (etcdctl member list, etcdctl member remove)`;
      throw new PlanRefusedError(words, 409);
    }
    const problem = majorityProblem(membership, etcdMasters(cluster.spec));
    if (problem !== "") throw new PlanRefusedError(problem, 409);
    const names = added.map(({ name }) => name);
    const stages = joinStages(
      present.map(({ name }) => name),
      names,
    );
    const spec = (base: ClusterSpec) => {
      const places = present.map(({ name, ip }) => ({ name, ip }));
      let next: ClusterSpec = { ...base, founders: [...foundersOf(cluster.spec)] };
      for (const { name, ip } of added) {
        next = withJoins(next, name, [...places]);
        places.push({ name, ip });
      }
      return next;
    };
    return { spec, plan: newWorkloadPlan("add masters", stages, times(asked), { id: asked.id }) };
  }

  /**
   * The plan that removes these masters. `drain`: the stages that come before, for a master that is a Node too. Throws a
   * PlanRefusedError (409) when etcd would lose its majority, or when the number that is left is not allowed.
   */
  left(
    cluster: ClusterRecord,
    membership: Membership,
    leaving: readonly NodeSpec[],
    even: boolean,
    asked: AskedPlan & { readonly options: WorkloadPlan["options"]; readonly goal: string },
    before: (node: NodeSpec) => readonly PlanStage[],
  ): WorkloadPlan {
    const { spec } = cluster;
    this.#check(cluster, mastersOf(spec).length - leaving.length, even);
    const masters = leaving.map((node) => etcdMaster(spec, node));
    const problem = leavingProblem(membership, etcdMasters(spec), masters);
    if (problem !== "") throw new PlanRefusedError(problem, 409);
    const stages = leavingOrder(membership, masters).flatMap(({ node }) => {
      const own = leaving.find(({ name }) => name === node);
      return [...(own === undefined ? [] : before(own)), ...leaveStages([node])];
    });
    return newWorkloadPlan(asked.goal, stages, times(asked), { id: asked.id, options: asked.options });
  }

  /** The plan that gives a node another instance. `membership`: undefined for a node that is no master. */
  replaced(
    cluster: ClusterRecord,
    membership: Membership | undefined,
    node: NodeSpec,
    asked: AskedPlan & { readonly instance: string; readonly options?: WorkloadPlan["options"] },
    around: { readonly before: readonly PlanStage[]; readonly after: readonly PlanStage[] } = { before: [], after: [] },
  ): WorkloadPlan {
    const { spec } = cluster;
    const member = membership && memberOf(membership, etcdMaster(spec, node));
    if (membership !== undefined) {
      const busy = planProblem(cluster);
      if (busy !== "") throw new PlanRefusedError(busy, 409);
      const problem =
        member === undefined ? unconfirmedWords(membership) : removalProblem(membership, member, etcdMasters(spec));
      if (problem !== "") throw new PlanRefusedError(`"${node.name}" cannot be replaced now: ${problem}`, 409);
    }
    // Without a member at its address nothing leaves etcd: no member has this id.
    const left = membership === undefined ? {} : { [memberOption]: member?.id ?? "none" };
    const stages = [...around.before, ...replaceStages(node.name, membership !== undefined), ...around.after];
    return newWorkloadPlan(replacementGoal, stages, times(asked), {
      id: asked.id,
      options: { ...asked.options, [instanceOption]: asked.instance, ...left },
    });
  }

  #check(cluster: ClusterRecord, count: number, even: boolean): void {
    const busy = planProblem(cluster);
    if (busy !== "") throw new PlanRefusedError(busy, 409);
    const words = countProblem(count, even);
    if (words !== "") throw new PlanRefusedError(words, count === 0 ? 409 : 422);
  }
}

const times = ({ sinceMs, by }: AskedPlan) => ({ sinceMs, by });
