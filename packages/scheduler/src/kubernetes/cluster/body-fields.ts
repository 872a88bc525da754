// Which fields each object of a body may have, and which fields of a given body have no effect: unknown ones, and the
// second of two names of one field. Both follow from the schemas, so that no field is forgotten.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  clusterBody,
  clusterName,
  ingressBody,
  ingressChoice,
  nodeBody,
  processBody,
  processResources,
} from "./cluster-body.ts";

const processes = z.array(processBody);
const node = z.object({ ...nodeBody.shape, process: processes, processes });
const nodes = z.array(node);

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
  Node: node,
  Process: processBody,
  Resources: processResources,
  Ingress: ingressBody,
  "Ingress choice": ingressChoice,
} as const;

/** Second names of fields. They count only when the first name is not given. */
export const aliases: ReadonlyMap<z.ZodType, Readonly<Record<string, string>>> = new Map<
  z.ZodType,
  Readonly<Record<string, string>>
>([
  [wholeBody, { name: "cluster_name", nodes: "kubenodes" }],
  [node, { processes: "process" }],
  [processResources, { mem: "memory" }],
]);

export interface IgnoredField {
  readonly path: readonly (string | number)[];
  /** Fields that its object may have. */
  readonly known: readonly string[];
  /** Those of them that are given. */
  readonly given: readonly string[];
  /** The first name of the field, which is given too and counts. */
  readonly beside?: string;
}

/**
 * Every field of a body that has no effect, in the body's order. Where the body does not fit its schema, fields may be
 * missing here.
 */
export function* ignoredFields(
  schema: z.core.$ZodType,
  value: unknown,
  path: IgnoredField["path"] = [],
): Generator<IgnoredField> {
  if (value === null || typeof value !== "object") return;
  const inner = plain(schema, value);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* ignoredFields(inner.element, item, [...path, index]);
  }
  if (!(inner instanceof z.ZodObject) || Array.isArray(value)) return;
  const fields = new Map(Object.entries<z.core.$ZodType>(inner.shape));
  const entries = Object.entries(value);
  const known = [...fields.keys()];
  const given = entries.flatMap(([key, item]) => (fields.has(key) && isGiven(item) ? [key] : []));
  const second = aliases.get(inner) ?? {};
  for (const [key, item] of entries) {
    const field = fields.get(key);
    const place = [...path, key];
    const first = Object.hasOwn(second, key) ? second[key] : undefined;
    if (field === undefined) yield { path: place, known, given };
    else if (first !== undefined && given.includes(first) && isGiven(item)) {
      const other = entries.find(([name]) => name === first)?.[1];
      if (!isDeepStrictEqual(other, item)) yield { path: place, known, given, beside: first };
    } else yield* ignoredFields(field, item, place);
  }
}

const isGiven = (item: unknown) => item !== null && item !== undefined;

/** The schema inside of wrappers. Of several forms the first one that fits the value, as in reading. */
function plain(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return plain(schema.unwrap(), value);
  if (schema instanceof z.ZodPipe) return plain(schema.in, value);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const form = schema.options.find((option) => z.safeParse(option, value).success);
  return form === undefined ? schema : plain(form, value);
}
