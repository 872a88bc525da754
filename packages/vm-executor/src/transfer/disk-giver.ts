// Gives the files of a VM away, to one stream at a time. The caller holds the VM's lock, and no guest of it runs.
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { boundedText, CkeError, messageOf } from "@cke/foundation";
import { disksDirectory } from "../disks/disk-files.ts";
import { unfinished } from "../disks/disk-maker.ts";
import { recordFile, recordOf } from "../disks/disk-record.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { isMissing } from "../storage/file-errors.ts";
import {
  ByteReader,
  type Manifest,
  type MovedFile,
  pieceBytes,
  readHead,
  requestSchema,
  sendFrame,
  sha256,
  type TransferRequest,
} from "./transfer-messages.ts";

const zeros = Buffer.alloc(pieceBytes);

/** Beside the directory of disks. The seed is made anew for each start, so that only a guest that runs needs it. */
export const besideDisks = ["firmware-variables.fd", "seed.iso"] as const;

/** Of a guest that runs: names of its disks, which it writes to and which therefore go another way. */
export type WrittenDisks = ReadonlySet<string>;

/** The files that go with the VM: its disks with what they are made on, and the variables of its firmware. */
export async function manifestOf(place: VmPlace, written?: WrittenDisks): Promise<Manifest> {
  const directory = disksDirectory(place);
  const names = (await readdir(directory)).filter((name) => name !== recordFile && !name.includes(unfinished));
  const inDisks = names.filter((name) => written?.has(name) !== true).toSorted();
  const beside = besideDisks.filter((name) => written !== undefined || name !== "seed.iso");
  const paths = [...inDisks.map((name) => `disks/${name}`), ...beside];
  const files: MovedFile[] = [];
  for (const path of paths) {
    const found = await stat(join(place.directory, path)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (found?.isFile() !== true) continue;
    const { size, blocks, mtimeMs, mode } = found;
    const allocated = Math.min(size, blocks * 512);
    files.push({ path, size, allocated, changedAtMs: mtimeMs, mode: mode & 0o777 });
  }
  return { files, images: (await recordOf(place)).images };
}

/** Answers until the stream ends. A failure is told to the other side, and ends it. */
export async function giveDisks(
  stream: Duplex,
  place: VmPlace,
  signal: AbortSignal,
  written?: WrittenDisks,
): Promise<void> {
  const reader = new ByteReader(stream);
  try {
    for (let head = await readHead(reader); head !== undefined; head = await readHead(reader)) {
      signal.throwIfAborted();
      await answer(stream, requestSchema.parse(head), place, written);
    }
    stream.end();
  } catch (error) {
    const message = boundedText(messageOf(error), { maxBytes: 1_000 });
    await sendFrame(stream, { code: error instanceof CkeError ? error.code : "internal", message }).catch(() => {});
    stream.destroy();
    throw error;
  }
}

async function answer(
  stream: Duplex,
  request: TransferRequest,
  place: VmPlace,
  written: WrittenDisks | undefined,
): Promise<void> {
  if (request.ask === "manifest") {
    await sendFrame(stream, await manifestOf(place, written));
    return;
  }
  const file = await open(join(place.directory, request.path), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(request.bytes), 0, request.bytes, request.offset);
    const data = buffer.subarray(0, bytesRead);
    const isEmpty = data.equals(zeros.subarray(0, bytesRead));
    if (isEmpty) await sendFrame(stream, { length: bytesRead });
    else await sendFrame(stream, { length: bytesRead, sha256: sha256(data) }, data);
  } finally {
    await file.close();
  }
}
