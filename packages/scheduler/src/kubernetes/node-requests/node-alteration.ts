// `PATCH …/nodes/:node`: labels, taints, ingresses, attributes and expectation of a node change while its cluster runs.
import { changeExpectation } from "../../framework/service/expectation-change.ts";
import { planWith, withPlans } from "../../workload/plans/new-plan.ts";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { type ClusterRecord, knownCluster } from "../cluster/cluster-record.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";
import {
  changedNode,
  changedSpec,
  labelPlans,
  lateWords,
  type NodeChange,
  withoutLabels,
  withPorts,
} from "../nodes/node-change.ts";
import { beingRemoved, removalGoal } from "../nodes/removal-plan.ts";
import { aliveCluster, askedFor, nodeOf } from "../requests/known-nodes.ts";
import { readContext } from "../requests/read-context.ts";
import { nodeRules } from "../steps/node-rules.ts";
import type { ChangedNode } from "../views/node-service.ts";
import { askedNow, type NodeRequestParts } from "./node-request.ts";

export async function alterNode(
  parts: NodeRequestParts,
  name: string,
  node: string,
  change: NodeChange,
  by: string,
): Promise<ChangedNode> {
  const { framework, clock } = parts;
  const { ledger, logs, offers } = framework.parts;
  return await framework.change(async () => {
    const cluster = aliveCluster(ledger, name);
    const own = nodeOf(cluster, node);
    const { expect, ...rest } = change;
    if (planWith(cluster, node)?.goal === removalGoal) throw new PlanRefusedError(beingRemoved(node), 409);
    // All of it is checked before any of it is stored.
    const changed = await changedBy(parts, cluster, own, rest, by);
    const words: string[] = [];
    if (expect !== undefined) {
      words.push(await changeExpectation({ ...framework.parts, clock }, cluster, node, expect, by));
      if (expect === "RUN") offers.ask();
    }
    if (changed !== undefined) {
      await changed.store(knownCluster(ledger, name));
      const what = `node "${node}": ${Object.keys(rest).join(", ")} changed`;
      logs.line("info", name, `${what}${askedFor(by)}`, { unit: node });
      words.push(what);
    }
    const runs = ledger.unit(name, node)?.launch !== undefined;
    return { message: words.join("; "), warnings: lateWords(rest, runs) };
  });
}

/** How the change is stored; undefined when nothing changes. Throws what refuses it. */
async function changedBy(
  parts: NodeRequestParts,
  cluster: ClusterRecord,
  own: NodeSpec,
  change: NodeChange,
  by: string,
) {
  if (Object.values(change).every((field) => field === undefined)) return undefined;
  const { framework, kind, options } = parts;
  const { renderings } = kind;
  const { ledger } = framework.parts;
  const spec = changedSpec(cluster.spec, own, change, readContext(framework.parts, options));
  const next = spec.units.find(({ name }) => name === own.name) ?? own;
  const rendering =
    change.ingresses === undefined
      ? undefined
      : renderings.change(spec, own.name, (rendered) => withPorts(rendered, spec, next));
  const marks = change.labels !== undefined || change.taints !== undefined;
  const plans = marks ? labelPlans([own.name], () => askedNow(parts, by)) : [];
  const planned = (record: ClusterRecord) => withPlans(withoutLabels(record, own.name), plans, nodeRules.words);
  planned(cluster);
  return {
    store: async (present: ClusterRecord) => {
      const unit = present.spec.units.find(({ name }) => name === own.name) ?? own;
      const units = present.spec.units.map((one) => (one === unit ? changedNode(unit, change) : one));
      const workload = { ...planned(present), spec: { ...present.spec, units } };
      await ledger.commit({ workload, also: rendering?.operations ?? [] });
      if (rendering !== undefined) renderings.keep(present.spec.name, rendering);
    },
  };
}
