// What the executor of a guest that moves asks the executor of its new host.
import * as z from "zod";

/** Name of the tunnel between both. */
export const migrationSocket = "migration";

const path = z.string().min(1).max(1_024).startsWith("/");
const bytes = z.base64().max(4_000_000);

/** Where a host has what is the VM's own. */
export interface Directories {
  readonly data: string;
  readonly place: string;
  readonly run: string;
}

/** The place on the new host, and what it reads in the claims of shared disks. Executors of earlier versions say nothing of these. */
export const offeredSchema = z.object({
  ...{ data: path, place: path, run: path },
  proofs: z
    .array(z.object({ name: z.string().max(100), proof: z.string().max(100) }))
    .max(100)
    .default([]),
});
export type Offered = Readonly<z.output<typeof offeredSchema>>;

const diskName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/);
const format = z.enum(["qcow2", "raw"]);

/** A disk whose content QEMU copies. */
export const mirroredDisk = z
  .object({
    name: diskName,
    /** In the guest: vda. */
    target: z.string().regex(/^[a-z]{2,3}[a-z]{1,3}$/),
    format,
    /** As the guest sees it. */
    bytes: z.int().min(0),
    /** The image that it is an overlay of, beside it. */
    base: z
      .object({ file: z.string().regex(/^image-[A-Za-z0-9]{1,128}$/), format })
      .readonly()
      .optional(),
  })
  .readonly();
export type MirroredDisk = z.output<typeof mirroredDisk>;

export const askSchema = z.discriminatedUnion("ask", [
  /** Whether the guest is there; it settles what an earlier attempt has left. */
  z.object({ ask: z.literal("look") }),
  /** Makes the place for it. */
  z.object({ ask: z.literal("offer") }),
  /** Takes the files that nobody writes to, from the stream `files`, and makes the disks that are copied. */
  z.object({ ask: z.literal("files"), disks: z.array(mirroredDisk).max(32).readonly() }),
  /** An emulator waits for the guest. */
  z.object({ ask: z.literal("prepare"), xml: z.string().max(200_000), cookie: bytes, paused: z.boolean() }),
  /** The guest goes on there. */
  z.object({ ask: z.literal("finish"), cookie: bytes }),
  /** It does not come. */
  z.object({ ask: z.literal("cancel") }),
]);
export type Ask = z.output<typeof askSchema>;

export const lookedSchema = z.object({
  arrived: z.boolean(),
  /** It is not there now, and may have run there before a power cut. Executors of earlier versions do not say it. */
  mayHaveRun: z.boolean().default(false),
});
export const doneSchema = z.object({});
export const preparedSchema = z.object({ cookie: bytes });
export const finishedSchema = z.object({
  arrived: z.boolean(),
  cookie: bytes,
  /** Why it did not arrive. */
  reason: z.string().max(4_000),
});

export const toText = (data: Uint8Array): string => Buffer.from(data).toString("base64");
export const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** Code of an error that another attempt does not mend: the guest cannot move while it runs. */
export const cannotMoveCode = "cannot_move_live";

/** Names of streams. */
export const streams = { memory: "memory", disks: "disks", files: "files" } as const;
