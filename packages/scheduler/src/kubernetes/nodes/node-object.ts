// What is to be changed in a Node object so that it has the labels and taints that the specification wants. Pure. Which of
// the object's labels and taints came from the specification is noted in annotations of the object itself, so that those that
// are not wanted any more go, and all others stay as they are.
import { z } from "zod";
import type { Taint } from "../cluster/node-labels.ts";

const labelsNote = "cke-labels";
const taintsNote = "cke-taints";

const taint = z.looseObject({ key: z.string(), value: z.string().default(""), effect: z.string() });
export const nodeObjectSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string().default(""),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ taints: z.array(taint).default([]) }).default({ taints: [] }),
});
export type NodeObject = Readonly<z.infer<typeof nodeObjectSchema>>;

export interface WantedMarks {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

const noteSchema = z.array(z.string());

/** What an earlier change has noted; nothing when somebody else wrote the annotation. */
function noted(object: NodeObject, name: string): ReadonlySet<string> {
  try {
    return new Set(noteSchema.parse(JSON.parse(object.metadata.annotations[name] ?? "[]")));
  } catch {
    return new Set();
  }
}

const nameOf = ({ key, effect }: Pick<Taint, "key"> & { readonly effect: string }) => `${key}:${effect}`;
const note = (names: readonly string[]) => (names.length === 0 ? null : JSON.stringify(names.toSorted()));

/** A merge patch for the object; undefined when it is as wanted. */
export function nodePatch(object: NodeObject, { labels, taints }: WantedMarks): unknown {
  const { metadata, spec } = object;
  const changed: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(labels)) if (metadata.labels[key] !== value) changed[key] = value;
  for (const key of noted(object, labelsNote))
    if (!Object.hasOwn(labels, key) && key in metadata.labels) changed[key] = null;
  const own = noted(object, taintsNote);
  const wanted = new Map(taints.map((one) => [nameOf(one), one]));
  const others = spec.taints.filter((one) => !own.has(nameOf(one)) && !wanted.has(nameOf(one)));
  const present = spec.taints.filter((one) => !others.includes(one));
  const sameTaints =
    present.length === wanted.size && present.every((one) => wanted.get(nameOf(one))?.value === one.value);
  const notes = { [labelsNote]: note(Object.keys(labels)), [taintsNote]: note([...wanted.keys()]) };
  const sameNotes = Object.entries(notes).every(([name, text]) => (metadata.annotations[name] ?? null) === text);
  if (Object.keys(changed).length === 0 && sameTaints && sameNotes) return undefined;
  return {
    // Refused when somebody has changed the object meanwhile: taints are replaced as a whole.
    metadata: { resourceVersion: metadata.resourceVersion, labels: changed, annotations: notes },
    ...(sameTaints ? {} : { spec: { taints: [...others, ...wanted.values()] } }),
  };
}
