// What the executors of both hosts say to each other while a VM's disks move: frames of a JSON head and bytes. The one that takes
// asks; the one that gives answers. Every piece has a checksum. Everything from the other side is checked and bounded.
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { CkeError } from "@cke/foundation";
import * as z from "zod";

/** Bytes of one piece, at most. */
export const pieceBytes = 4 * 2 ** 20;
const headBytes = 256 * 1_024;
export const mostFiles = 200;

const filePath = z.string().regex(/^(disks\/[A-Za-z0-9][A-Za-z0-9_.-]{0,199}|firmware-variables\.fd|seed\.iso)$/);
const bytes = z.int().min(0);

const movedFile = z
  .object({
    /** Below the VM's directory. */
    path: filePath,
    size: bytes,
    /** What of it takes room. */
    allocated: bytes,
    /** UNIX ms of the last change. */
    changedAtMs: z.number().min(0),
    /** As of chmod. */
    mode: z.int().min(0).max(0o777),
  })
  .readonly();
export type MovedFile = z.output<typeof movedFile>;

/** What the VM has: its files, and what its disks were made of. */
export const manifestSchema = z
  .object({
    files: z.array(movedFile).max(mostFiles).readonly(),
    images: z.record(
      z.string().max(100),
      z.object({ source: z.string().max(4_096), sha256: z.string().max(64), file: z.string().max(256) }).readonly(),
    ),
  })
  .readonly();
export type Manifest = z.output<typeof manifestSchema>;

export const requestSchema = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("manifest") }),
  z.object({ ask: z.literal("piece"), path: filePath, offset: bytes, bytes: z.int().min(1).max(pieceBytes) }),
]);
export type TransferRequest = z.output<typeof requestSchema>;

export const pieceSchema = z.object({
  /** Of the bytes that follow; hexadecimal. Absent: all of them are zero, and none follows. */
  sha256: z.string().length(64).optional(),
  /** Of the file from the offset on: fewer than asked for at its end. */
  length: z.int().min(0).max(pieceBytes),
});

export const failureSchema = z.object({ code: z.string().max(100), message: z.string().max(2_000) });

/** What identifies a state of a VM's disks: another start of its guest makes another one. */
export const manifestSum = (manifest: Manifest): string => sha256(Buffer.from(JSON.stringify(manifest)));

export const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The bytes of a stream in the amounts that are asked for. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.#source = stream.iterator({ destroyOnReturn: false });
  }

  /** Undefined at the end of the stream, if nothing of them has come. Throws CkeError `unavailable` when it ends in between. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < count) {
      const { value, done } = await this.#source.next();
      if (done === true) {
        if (have === 0) return undefined;
        throw new CkeError("unavailable", "the other host ended in the middle of a piece", { retryable: true });
      }
      parts.push(value);
      have += value.length;
    }
    const all = Buffer.concat(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }
}

/** One frame: a head, and bytes that the head tells of. */
export async function sendFrame(stream: Duplex, head: unknown, body?: Uint8Array): Promise<void> {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  await written(stream, Buffer.concat([length, text]));
  if (body !== undefined) await written(stream, body);
}

/** Undefined at the end of the stream. `most`: bytes of the head. */
export async function readHead(reader: ByteReader, most = headBytes): Promise<unknown> {
  const length = (await reader.take(4))?.readUInt32BE(0);
  if (length === undefined) return undefined;
  if (length > most) throw new CkeError("unavailable", "the other host says something that is too long");
  const text = await reader.take(length);
  try {
    const head: unknown = JSON.parse((text ?? "").toString());
    return head;
  } catch (cause) {
    throw new CkeError("unavailable", "the other host says something that is not readable", { cause });
  }
}

async function written(stream: Duplex, data: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded)
    throw new CkeError("unavailable", "the way to the other host is closed", { retryable: true });
  if (stream.write(data)) return;
  const closed = new AbortController();
  const abort = () => closed.abort();
  stream.once("close", abort);
  try {
    await once(stream, "drain", { signal: closed.signal });
  } catch (cause) {
    throw new CkeError("unavailable", "the way to the other host was cut", { retryable: true, cause });
  } finally {
    stream.off("close", abort);
  }
}
