// From the body of `POST …/nodes` (an array of nodes, or one) to the nodes that a cluster gets, or to all problems at once
// with their JSON paths. They are read like the nodes of a new cluster, and checked against those that are there.

import { z } from "zod";
import type { IgnoredField } from "../../workload/body/body-fields.ts";
import { type BodyProblem, Findings, type Located } from "../../workload/body/findings.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { given } from "../../workload/body/schema-messages.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { ignoredClusterFields, wholeNode } from "../cluster/body-fields.ts";
import { checkCluster } from "../cluster/cluster-checks.ts";
import type { ReadContext } from "../cluster/cluster-reader.ts";
import type { ClusterSpec, IngressSpec, NodeSpec } from "../cluster/cluster-spec.ts";
import { freeBlocks, ingressDeclarer, nodeSpecs, readNode } from "../cluster/node-reader.ts";
import { meshProblem } from "../network/mesh-size.ts";
import { lackingForPolicies } from "../network/network-policy.ts";
import { configurationFor, lackingForBgp } from "../network/network-provider.ts";
import { routerAddresses } from "../network/network-spec.ts";

/** Most nodes of one request: all of them are stored in one commit. */
export const maxAddedNodes = 200;

export interface AddedNodes {
  /** The specification of the cluster with them. */
  readonly spec: ClusterSpec;
  readonly nodes: readonly NodeSpec[];
  /** Fields without effect. */
  readonly ignored: readonly IgnoredField[];
}

/**
 * Throws SpecInvalidError: 409 when nodes that are there have the names or addresses, 422 when the body is well-formed
 * and otherwise impossible, else 400.
 */
export function readAddedNodes(input: unknown, spec: ClusterSpec, context: ReadContext): AddedNodes {
  const found = new Findings();
  const whole = context.configurations.get(spec.version);
  const configuration = whole && configurationFor(spec, whole);
  const items = itemsOf(input, found);
  const readings = items.flatMap((item) => readNode(found, item, configuration) ?? []);
  const present = spec.units.map((value) => ({
    value,
    path: `node "${value.name}" of the cluster`,
    processes: undefined,
    present: true as const,
  }));
  const ingresses: Located<IngressSpec>[] = spec.ingresses.map((value) => ({ value, path: "the cluster's ingresses" }));
  const added = nodeSpecs(readings, {
    declare: ingressDeclarer(ingresses),
    pod: spec.pod,
    blocks: freeBlocks(spec.units.map(({ podIndex }) => podIndex)),
  });
  const { name, network, role, attributes, apiserver, bgp } = spec;
  const { podCidr, serviceCidr, uplink } = spec;
  const parts = {
    ...{ name, network, uplink, role, attributes, apiserver, bgp, ingresses },
    ranges: { podCidr, serviceCidr },
    routers: routerAddresses(spec.bgp),
    nodes: [...present, ...added],
    nodesPath: "",
  };
  const problems = [
    ...found.problems,
    ...[...checkCluster(parts, context, configuration, false)].flatMap((problem) => concerning(problem)),
  ];
  const types = new Set(added.map(({ value }) => value.type));
  const lacking = spec.bgp === undefined || configuration === undefined ? "" : lackingForBgp(configuration, types);
  const unenforced =
    spec.policy === undefined || configuration === undefined ? "" : lackingForPolicies(configuration, types);
  const mesh = meshProblem(spec, [...spec.units, ...added.map(({ value }) => value)]);
  if (mesh !== "") problems.push({ path: "", message: `${mesh}: make another cluster`, kind: "impossible" });
  if (lacking !== "")
    problems.push({
      path: "",
      message: `pods of the cluster are routed over BGP, and cke.conf-${spec.version}.yaml has ${lacking}: add what default_cfg has`,
      kind: "impossible",
    });
  if (unenforced !== "")
    problems.push({
      path: "",
      message: `network policies of the cluster are enforced, and cke.conf-${spec.version}.yaml has ${unenforced}: add what default_cfg has`,
      kind: "impossible",
    });
  if (configuration === undefined)
    problems.push({ path: "", message: `there is no cke.conf-${spec.version}.yaml any more`, kind: "impossible" });
  const ignored = ignoredClusterFields(Array.isArray(input) ? z.array(wholeNode) : wholeNode, input);
  if (problems.length > 0) throw refusal(problems, ignored, found.incomplete);
  const nodes = added.map(({ value }) => value);
  const next = { ...spec, units: [...spec.units, ...nodes], ingresses: ingresses.map(({ value }) => value) };
  return { spec: next, nodes, ignored };
}

function itemsOf(input: unknown, found: Findings): readonly Located<unknown>[] {
  if (typeof input !== "object" || input === null) {
    found.add("", `must be a node (a JSON object) or a list of nodes; given is ${given(input)}`);
    return [];
  }
  if (!Array.isArray(input)) return [{ value: input, path: "" }];
  if (input.length === 0) found.add("", "the list is empty: it must name the nodes to add");
  if (input.length <= maxAddedNodes) return input.map((value: unknown, index) => ({ value, path: `[${index}]` }));
  found.add(
    "",
    `must be at most ${maxAddedNodes} nodes; given are ${input.length}: add the others with a further request`,
  );
  return [];
}

/** Problems of what is there already are not this request's; those of the whole cluster have no place in the body. */
function concerning(problem: BodyProblem): readonly BodyProblem[] {
  const { path, message } = problem;
  if (["node ", "the cluster", "apiserver"].some((place) => path.startsWith(place))) return [];
  const ofCluster = ["k8s_ver", "network", "uplink.network", "role"].includes(path);
  // The path of a node that is the body itself is empty.
  return [
    ofCluster
      ? { ...problem, path: "", message: `the cluster's ${path}: ${message}` }
      : { ...problem, path: path.replace(/^\./, "") },
  ];
}

function refusal(
  problems: readonly BodyProblem[],
  ignored: readonly IgnoredField[],
  incomplete: boolean,
): SpecInvalidError {
  const only = (...kinds: readonly BodyProblem["kind"][]) => problems.every(({ kind }) => kinds.includes(kind));
  const status = only("taken") ? 409 : only("taken", "impossible") ? 422 : 400;
  return new SpecInvalidError(
    problems.map(({ path, message }) => ({ path, message })),
    status,
    { ofHosts: problems.some(({ ofHosts }) => ofHosts === true), warnings: ignoredFieldsMessage(ignored), incomplete },
  );
}
