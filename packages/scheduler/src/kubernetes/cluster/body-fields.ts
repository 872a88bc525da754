// Which fields each object of a body may have, and which fields of a given body have no effect: unknown ones, and the
// second of two names of one field. Both follow from the schemas, so that no field is forgotten.
import { z } from "zod";
import { type FieldAliases, type IgnoredField, ignoredFields } from "../../workload/body/body-fields.ts";
import { networkBody } from "../network/network-spec.ts";
import { routerBody } from "../network/router-spec.ts";
import { uplinkBody } from "../network/uplink-spec.ts";
import {
  apiserverBody,
  clusterBody,
  clusterName,
  ingressBody,
  ingressChoice,
  nodeBody,
  processBody,
  processResources,
} from "./cluster-body.ts";

const processes = z.array(processBody);
export const wholeNode = z.object({ ...nodeBody.shape, process: processes, processes });
const nodes = z.array(wholeNode);

/**
 * A whole body, with every name that a field may have. It is used only for its fields, because a body is read one
 * entity at a time.
 */
export const wholeBody = z.object({
  cluster_name: clusterName,
  name: clusterName,
  ...clusterBody.shape,
  kubenodes: nodes,
  nodes,
  ingresses: z.array(ingressBody),
});

/** Every kind of object in a body with fields of its own, by what docs/cluster-body.md calls it. */
export const bodyObjects = {
  Cluster: wholeBody,
  Node: wholeNode,
  Process: processBody,
  Resources: processResources,
  Ingress: ingressBody,
  "Ingress choice": ingressChoice,
  "API server": apiserverBody,
  Network: networkBody,
  Router: routerBody,
  Uplink: uplinkBody,
} as const;

/** Second names of fields. They count only when the first name is not given. */
export const aliases: FieldAliases = new Map<z.ZodType, Readonly<Record<string, string>>>([
  [wholeBody, { name: "cluster_name", nodes: "kubenodes" }],
  [wholeNode, { processes: "process" }],
  [processResources, { mem: "memory" }],
]);

/** Every field of a body of clusters that has no effect, in the body's order. */
export function ignoredClusterFields(schema: z.core.$ZodType, value: unknown): readonly IgnoredField[] {
  return [...ignoredFields(schema, value, aliases)];
}
