// The sum of a file's content, and copies of files that keep holes. Both can be followed and ended.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

export interface Reading {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

const chunkBytes = 1 << 20;
const zeros = Buffer.alloc(chunkBytes);

/** SHA-256 as lower-case hexadecimal. */
export async function sumOf(path: string, reading: Reading): Promise<string> {
  const file = await open(path, "r");
  try {
    const hash = createHash("sha256");
    for await (const { bytes } of read(file, reading)) hash.update(bytes);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

/** Copies a file into a new one, in which parts without content take no room. Resolves to its SHA-256. */
export async function copyWithSum(from: FileHandle, to: string, reading: Reading): Promise<string> {
  const target = await open(to, "w", 0o600);
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const { bytes, at } of read(from, reading)) {
      hash.update(bytes);
      size = at + bytes.length;
      if (zeros.compare(bytes, 0, bytes.length, 0, bytes.length) !== 0) await target.writev([bytes], at);
    }
    await target.truncate(size);
    return hash.digest("hex");
  } finally {
    await target.close();
  }
}

/** The same buffer is used for every part. */
async function* read(
  file: FileHandle,
  { signal, onProgress }: Reading,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly at: number }> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    yield { bytes: buffer.subarray(0, bytesRead), at };
    at += bytesRead;
    onProgress(at, size);
  }
}
