// A change of one node of a cluster, as `PATCH …/nodes/:node` asks for it. Pure.

import { KubeNodeTask } from "@cke/protocol";
import { z } from "zod";
import { attributesBody } from "../../workload/body/placement-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { askedExpectations } from "../../workload/plans/expectation.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import { checkCluster } from "../cluster/cluster-checks.ts";
import type { ReadContext } from "../cluster/cluster-reader.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { type ClusterSpec, hasNodeObject, type NodeSpec, publishedPorts } from "../cluster/cluster-spec.ts";
import { labelChangesBody, taintsBody } from "../cluster/node-labels.ts";
import { nodeHash, type RenderedNode } from "../rendering/node-renderer.ts";

const maxIngresses = 64;

export const nodeChangeFields = {
  expect: z.enum(askedExpectations, '"RUN" or "STOP" (a node that is to be gone is removed: DELETE)').optional(),
  labels: labelChangesBody.optional().describe("of the Node object: these are set, null removes one, others stay"),
  taints: taintsBody.optional().describe("of the Node object, all that the cluster gives it"),
  ingresses: z.array(z.string()).max(maxIngresses, `at most ${maxIngresses} names`).optional(),
  attributes: attributesBody.optional().describe("constraints on the attributes of its agent"),
};
const change = z.object(nodeChangeFields);
export type NodeChange = Readonly<z.infer<typeof change>>;

export const labelGoal = "label";
export const labelAction = "set-labels";

interface Asked {
  /** Unique among all plans. */
  readonly id: string;
  readonly sinceMs: number;
  readonly by: string;
}

/** The plan that gives Node objects their labels and taints; none when no node is named. */
export function labelPlans(nodes: readonly string[], asked: () => Asked): readonly WorkloadPlan[] {
  if (nodes.length === 0) return [];
  const { id, ...mark } = asked();
  const stage = { name: "set labels and taints of its Node object", action: labelAction, units: [...nodes] };
  return [newWorkloadPlan(labelGoal, [stage], mark, { id })];
}

/** The plans without what earlier changes of this node's labels left to do: it is part of what follows. */
export function withoutLabelPlan(plans: readonly WorkloadPlan[], node: string): readonly WorkloadPlan[] {
  return plans.flatMap((plan) => {
    if (plan.goal !== labelGoal) return [plan];
    const stages = plan.stages.map((stage) => ({ ...stage, units: stage.units.filter((unit) => unit !== node) }));
    return stages.every(({ units }) => units.length === 0) ? [] : [{ ...plan, stages }];
  });
}

/** True when the node is to have labels or taints. */
export const hasMarks = ({ labels = {}, taints = [] }: NodeSpec) => Object.keys(labels).length > 0 || taints.length > 0;

function withLabels(before: Readonly<Record<string, string>>, changes: NonNullable<NodeChange["labels"]>) {
  const labels = { ...before };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete labels[key];
    else labels[key] = value;
  }
  return labels;
}

/** The node after the change; without what `expect` asks for, which is a plan of its own. */
export function changedNode(node: NodeSpec, { labels, taints, ingresses, attributes }: NodeChange): NodeSpec {
  return {
    ...node,
    ...(labels === undefined ? {} : { labels: withLabels(node.labels ?? {}, labels) }),
    ...(taints === undefined ? {} : { taints }),
    ...(ingresses === undefined ? {} : { ingresses }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

/** The specification with the changed node. Throws SpecInvalidError: 422 when it is well-formed and only impossible. */
export function changedSpec(spec: ClusterSpec, node: NodeSpec, change: NodeChange, context: ReadContext): ClusterSpec {
  const next = changedNode(node, change);
  const marked = change.labels !== undefined || (change.taints ?? []).length > 0;
  if (marked && !hasNodeObject(next)) {
    const path = change.labels === undefined ? "taints" : "labels";
    const message = `a ${node.type} without a kubelet has no Node object, so that it can have none`;
    throw new SpecInvalidError([{ path, message }], 422);
  }
  const others = spec.units
    .filter((one) => one !== node)
    .map((value) => ({ value, path: `node "${value.name}"`, processes: undefined, present: true as const }));
  const ingresses = spec.ingresses.map((value) => ({ value, path: "the cluster's ingresses" }));
  // Only what this request changes is checked: the rest of the node was checked when it came.
  const nodes = [...others, { value: next, path: "", processes: undefined }];
  const parts = { ...spec, ranges: {}, routers: [], apiserver: spec.apiserver, nodes, ingresses, nodesPath: "" };
  const problems = [...checkCluster(parts, context, undefined, false)].filter(({ path }) =>
    path.startsWith(".ingresses["),
  );
  if (problems.length > 0) {
    const status = problems.every(({ kind }) => kind === "impossible") ? 422 : 400;
    throw new SpecInvalidError(
      problems.map(({ path, message }) => ({ path: path.slice(1), message })),
      status,
    );
  }
  return { ...spec, units: spec.units.map((one) => (one === node ? next : one)) };
}

/** The rendering with the ports that the node publishes by this specification. */
export function withPorts(rendered: RenderedNode, spec: ClusterSpec, node: NodeSpec): RenderedNode {
  const ports = publishedPorts(spec, node).map(({ port, containerPort, protocol, ingress }) => ({
    hostPort: port,
    containerPort,
    protocol,
    ingress,
  }));
  const kubeNode = KubeNodeTask.create({ ...rendered.kubeNode, ports });
  return { ...rendered, kubeNode, configHash: nodeHash({ kubeNode, processes: rendered.processes }) };
}

/** What a node that runs cannot follow before its next launch, in words. */
export function lateWords({ ingresses, attributes }: NodeChange, runs: boolean): readonly string[] {
  if (!runs) return [];
  const restart = "it takes effect when the node is launched next: stop and start it (PATCH expect)";
  return [
    ...(ingresses === undefined ? [] : [`ingresses: ports are published when the container is made; ${restart}`]),
    ...(attributes === undefined ? [] : [`attributes: they choose the agent of a launch; ${restart}`]),
  ];
}

/** The cluster without the plan that sets the node's labels, for it has another one. */
export function withoutLabels(cluster: ClusterRecord, node: string): ClusterRecord {
  const { plans = [] } = cluster;
  return plans.length === 0 ? cluster : { ...cluster, plans: [...withoutLabelPlan(plans, node)] };
}
