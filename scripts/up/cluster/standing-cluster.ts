// Decides about a cluster that exists when `make up` begins, or while it is watched: what must be done before it can
// come up, and when it will not come up by itself. Pure.
import type { ClusterState } from "./api.ts";

export type Standing =
  | { readonly kind: "watch" }
  /** It is being deleted. Another one of its name can be created when it is gone. */
  | { readonly kind: "deleting" }
  /** It, or these nodes of it, are stopped. */
  | { readonly kind: "stopped"; readonly cluster: boolean; readonly nodes: readonly string[] };

export function standing({ status, nodes }: ClusterState): Standing {
  if (status === "killing" || status === "killed") return { kind: "deleting" };
  const cluster = status === "stopping" || status === "stopped";
  const stopped = nodes.filter(({ expect }) => expect === "STOP").map(({ name }) => name);
  return cluster || stopped.length > 0 ? { kind: "stopped", cluster, nodes: stopped } : { kind: "watch" };
}

/**
 * Why the cluster will not come up without an operator, with the command that helps; "" while it may. `cluster`: its
 * URL. An operator has asked for a pause or a give-up, and what Mesos refused needs a repair first: `make up` undoes
 * none of these.
 */
export function standstill(state: ClusterState, cluster: string): string {
  const now = standing(state);
  const say = (path: string, node = "") =>
    `curl -X POST ${cluster}/${path}${node === "" ? "" : ` -d '{"node":"${node}"}' -H 'content-type: application/json'`}`;
  if (now.kind === "deleting") return "it is being deleted: make up again when it is gone";
  if (now.kind === "stopped") return "it was stopped meanwhile: make up again starts it";
  const { plan, pending } = state;
  if (plan.paused !== "" && pending.length > 0)
    return `its plan is paused ${plan.paused}, nothing of it is launched: ${say("plan/resume")}, then make up again`;
  const held = plan.nodes.find(({ node, paused }) => paused !== "" && pending.some((one) => one.node === node));
  if (held !== undefined)
    return `${held.node} is paused ${held.paused}, nothing of it is launched: ${say("plan/resume", held.node)}, then make up again`;
  // The scheduler's text contains this where it tries nothing more by itself.
  const refused = plan.steps.find(({ explanation }) => explanation.includes("(plan/retry)"));
  return refused === undefined
    ? ""
    : `${refused.node}: ${refused.explanation}; mend that, then ${say("plan/retry")} and make up again`;
}
