// A rendered node as it is stored with its cluster. Launches use it whatever version, configuration or flags the
// scheduler has now. The messages are kept as packed protobuf, because the hashes are of exactly these bytes.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CkeError, messageOf } from "@cke/foundation";
import { KubeNodeTask, ProcessSpec } from "@cke/protocol";
import { z } from "zod";
import { totalOf } from "../../workload/outline/unit-outline.ts";
import { nodeOutlineSchema } from "./node-outline.ts";
import { outlineOf, type RenderedNode } from "./node-renderer.ts";

export const storedRenderingSchema = z.object({
  /** Version of CKE that rendered it. */
  renderedBy: z.string(),
  configHash: z.string(),
  /** By process, in the order of the outline. */
  processHashes: z.array(z.string()),
  /**
   * The block of its pods; "" for none. Absent: an earlier version rendered it. It is not in the outline, because nodes
   * share outlines.
   */
  podCidr: z.string().optional(),
  /** By name: processes that an operator has changed, or that are not to run. */
  changed: z.record(z.string(), z.object({ revision: z.number(), stopped: z.boolean() })).optional(),
  outline: nodeOutlineSchema,
  /** The KubeNodeTask and the ProcessSpecs, each after its length (4 bytes, big-endian); deflated, base64. */
  messages: z.string(),
});
export type StoredRendering = Readonly<z.infer<typeof storedRenderingSchema>>;

export const renderingPrefix = (cluster: string) => `renderings/${cluster}/`;
export const renderingKey = (cluster: string, node: string) => `${renderingPrefix(cluster)}${node}`;

/** The text for an operator, with what to do. */
export function unreadable(key: string, why: string, cause?: unknown): CkeError {
  const remedy = "restore the store from a backup, or delete that key: the node is rendered anew at the next start";
  return new CkeError("store_corrupt", `the stored ${key} cannot be read: ${why}; ${remedy}`, { cause });
}

/** No rendering is larger. A stored value that unpacks to more is damaged. */
const maxUnpackedBytes = 64 * 1024 * 1024;

function pack(messages: readonly Uint8Array[]): Buffer {
  const parts = messages.flatMap((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return [length, message];
  });
  return deflateRawSync(Buffer.concat(parts));
}

function unpack(packed: Uint8Array): readonly Uint8Array[] {
  const bytes = new Uint8Array(inflateRawSync(packed, { maxOutputLength: maxUnpackedBytes }));
  const view = new DataView(bytes.buffer);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw new RangeError("a message is cut off");
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return messages;
}

export function storeRendering(rendered: RenderedNode, renderedBy: string): StoredRendering {
  const messages = [
    KubeNodeTask.encode(rendered.kubeNode),
    ...rendered.processes.map(({ spec }) => ProcessSpec.encode(spec)),
  ];
  const changed = rendered.processes.flatMap(({ name, revision, stopped, changed }) =>
    changed || stopped ? [[name, { revision, stopped }] as const] : [],
  );
  return {
    renderedBy,
    ...(changed.length === 0 ? {} : { changed: Object.fromEntries(changed) }),
    configHash: rendered.configHash,
    processHashes: rendered.processes.map(({ configHash }) => configHash),
    podCidr: rendered.podCidr,
    outline: storedRenderingSchema.shape.outline.parse(outlineOf(rendered)),
    messages: pack(messages).toString("base64"),
  };
}

/** A stored rendering with its messages still packed. */
export interface PackedRendering extends Omit<StoredRendering, "messages" | "outline"> {
  readonly outline: ReturnType<typeof outlineOf>;
  readonly messages: Uint8Array;
}

/** The rendering as it was made. Throws CkeError `store_corrupt` when its messages cannot be read. */
export function unpackRendering(packed: PackedRendering, key: string): RenderedNode {
  const { outline, processHashes, configHash } = packed;
  try {
    const [node, ...specs] = unpack(packed.messages);
    if (node === undefined || specs.length !== outline.processes.length)
      throw new RangeError(`${specs.length} processes instead of ${outline.processes.length}`);
    const { phases, serviceCidr, executor, unitTask } = outline;
    const processes = outline.processes.map(({ name, type, res, cmd, required }, index) => ({
      name,
      type,
      res,
      cmd,
      required,
      spec: ProcessSpec.decode(specs[index] ?? new Uint8Array(0)),
      configHash: processHashes[index] ?? "",
      revision: packed.changed?.[name]?.revision ?? 0,
      stopped: packed.changed?.[name]?.stopped ?? false,
      changed: packed.changed?.[name] !== undefined,
    }));
    const total = totalOf(outline);
    return {
      kubeNode: KubeNodeTask.decode(node),
      processes,
      configHash,
      total,
      phases,
      serviceCidr,
      ...(packed.podCidr === undefined ? {} : { podCidr: packed.podCidr }),
      executor,
      unitTask,
    };
  } catch (error) {
    throw unreadable(key, messageOf(error), error);
  }
}

/** The pod block in a rendering of an earlier version, which had it in the environment of the `network` process only. */
export function earlierPodCidr({ processes }: Pick<RenderedNode, "processes">): string | undefined {
  for (const { spec } of processes)
    for (const { name, value } of spec.environment) if (name === "POD_CIDR" && value !== "") return value;
  return undefined;
}
