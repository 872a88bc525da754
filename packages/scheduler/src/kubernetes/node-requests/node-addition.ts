// `POST …/nodes`: nodes come to a cluster that runs.
import { addUnits } from "../../framework/service/workload-lifecycle.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { type ClusterRecord, knownCluster } from "../cluster/cluster-record.ts";
import { type AddedNodes, readAddedNodes } from "../nodes/added-nodes.ts";
import { hasMarks, labelPlans } from "../nodes/node-change.ts";
import { hostWarnings } from "../requests/host-warnings.ts";
import { aliveCluster, askedFor, isMaster, namesOf } from "../requests/known-nodes.ts";
import { warnOfOrphans } from "../requests/orphan-warnings.ts";
import { readContext } from "../requests/read-context.ts";
import { nodeRules } from "../steps/node-rules.ts";
import type { AddedNodesView } from "../views/node-service.ts";
import { askedNow, membershipFor, type NodeRequestParts } from "./node-request.ts";

export async function addNodes(
  parts: NodeRequestParts,
  name: string,
  body: unknown,
  by: string,
  even: boolean,
): Promise<AddedNodesView> {
  const { framework, clock, incarnation, kind, masters: requests } = parts;
  const alive = () => aliveCluster(framework.parts.ledger, name);
  // Executors' answers go through the serial queue, so they are asked before this request enters it. So is etcd.
  if (needsLook(parts, name, body)) await framework.parts.inventory.refresh();
  const membership = await membershipFor(parts, name, read(parts, alive(), body).nodes);
  return await framework.change(async () => {
    const { logs, executorMessages } = framework.parts;
    const cluster = alive();
    const { nodes, ignored, ...rest } = read(parts, cluster, body);
    const masters = nodes.filter(isMaster);
    const joined =
      membership && masters.length > 0
        ? requests.joined(cluster, membership, masters, even, askedNow(parts, by))
        : undefined;
    const spec = joined === undefined ? rest.spec : joined.spec(rest.spec);
    const names = namesOf(nodes);
    const rendered = kind.renderings.create(spec, new Set(names));
    const now = clock.now();
    const marked = labelPlans(namesOf(nodes.filter(hasMarks)), () => askedNow(parts, by));
    const plans = [...(joined === undefined ? [] : [joined.plan]), ...marked];
    const next = withPlans({ ...cluster, spec }, plans, nodeRules.words);
    await addUnits(framework.parts, next, names, now, () => incarnation(now), rendered.operations);
    kind.renderings.keep(name, rendered);
    for (const node of nodes) logs.line("info", name, `added as a ${node.type}${askedFor(by)}`, { unit: node.name });
    warnOfOrphans(framework.parts, name, new Set(names));
    const warnings = [...ignoredFieldsMessage(ignored), ...hostWarnings(framework.parts, spec, nodes)];
    for (const words of warnings) logs.line("warning", name, words);
    executorMessages.warm(next, names);
    return { names, warnings };
  });
}

function read(
  { framework, options }: NodeRequestParts,
  { spec }: Pick<ClusterRecord, "spec">,
  body: unknown,
): AddedNodes {
  return readAddedNodes(body, spec, readContext(framework.parts, options));
}

/** True when the present facts would refuse the body: then executors are asked again. */
function needsLook(parts: NodeRequestParts, name: string, body: unknown): boolean {
  try {
    read(parts, knownCluster(parts.framework.parts.ledger, name), body);
    return false;
  } catch (error) {
    return error instanceof SpecInvalidError && error.ofHosts;
  }
}
