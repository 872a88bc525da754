// Takes the files of a VM from another host. They are written beside their place, and get it when all of them are whole: until then a
// launch finds no disks here. It goes on where it was cut, as long as the disks on the other host are the same. The caller holds the
// VM's lock, and no guest of it runs here.
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Duplex } from "node:stream";
import { CkeError } from "@cke/foundation";
import type { z } from "zod";
import { disksDirectory } from "../disks/disk-files.ts";
import { recordFile } from "../disks/disk-record.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { flush, writeDurably } from "../storage/durable-file.ts";
import { isMissing, storageError } from "../storage/file-errors.ts";
import { describeBytes, freeBytes, lacksRoom } from "../storage/free-space.ts";
import { besideDisks } from "./disk-giver.ts";
import {
  ByteReader,
  failureSchema,
  type Manifest,
  type MovedFile,
  manifestSchema,
  manifestSum,
  pieceBytes,
  pieceSchema,
  readHead,
  sendFrame,
  sha256,
  type TransferRequest,
} from "./transfer-messages.ts";
import { readProgress, type TransferProgress, writeProgress } from "./transfer-progress.ts";

/** What has come is flushed and noted after so many bytes. */
const noteBytes = 64 * 2 ** 20;

export interface TakeParts {
  readonly place: VmPlace;
  readonly progress: (words: string) => void;
  /** Called when all is whole, before it gets its place: from then on it is the VM's data. */
  readonly onWhole: () => Promise<void>;
}

const incoming = ({ directory }: VmPlace) => join(directory, "incoming");

/** Resolves when all files are whole and on storage. Throws CkeError. */
export async function takeDisks(stream: Duplex, parts: TakeParts): Promise<void> {
  const { place } = parts;
  try {
    const reader = new ByteReader(stream);
    const manifest = await ask(stream, reader, { ask: "manifest" }, manifestSchema);
    const sum = manifestSum(manifest);
    const before = await readProgress(place, sum);
    if (before?.complete === true) {
      // A process that ended in between may have left them beside their place.
      await publish(manifest, parts);
    } else {
      await takeAll(stream, reader, manifest, before ?? (await begin(place, sum)), parts);
      await writeProgress(place, { manifest: sum, files: {}, complete: true });
      await publish(manifest, parts);
    }
    stream.end();
  } catch (error) {
    stream.destroy();
    throw storageError(error, `the disks of ${place.vm}`, place.directory);
  }
}

/** Nothing of this state has come: what another one has left goes. */
async function begin(place: VmPlace, manifest: string): Promise<TransferProgress> {
  await rm(incoming(place), { recursive: true, force: true });
  const progress = { manifest, files: {}, complete: false };
  await writeProgress(place, progress);
  return progress;
}

async function takeAll(
  stream: Duplex,
  reader: ByteReader,
  { files }: Manifest,
  before: TransferProgress,
  { place, progress }: TakeParts,
): Promise<void> {
  const directory = incoming(place);
  await mkdir(join(directory, "disks"), { recursive: true, mode: 0o711 });
  const came = (file: MovedFile) => Math.min(file.size, before.files[file.path] ?? 0);
  const needed = files.reduce((sum, file) => sum + Math.max(0, file.allocated - came(file)), 0);
  const lack = lacksRoom({ what: `the disks of ${place.vm}`, needed, free: await freeBytes(directory), directory });
  if (lack !== undefined) throw lack;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let noted = before;
  let all = 0;
  for (const file of files) {
    const target = await open(join(directory, file.path), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      let [at, flushed] = [came(file), came(file)];
      while (at < file.size) {
        const got = await takePiece(stream, reader, { path: file.path, offset: at, bytes: pieceBytes }, target);
        if (got === 0)
          throw new CkeError("unavailable", `${file.path} has become shorter: it is copied anew`, { retryable: true });
        at += got;
        const percent = total === 0 ? 100 : Math.floor(((all + at) / total) * 100);
        progress(
          `copying ${basename(file.path)}: ${describeBytes(at)} of ${describeBytes(file.size)}, ${percent} % of all`,
        );
        if (at - flushed < noteBytes) continue;
        await target.sync();
        flushed = at;
        noted = { ...noted, files: { ...noted.files, [file.path]: at } };
        await writeProgress(place, noted);
      }
      await target.truncate(file.size);
      await target.chmod(file.mode);
      await target.sync();
    } finally {
      await target.close();
    }
    all += file.size;
    noted = { ...noted, files: { ...noted.files, [file.path]: file.size } };
    await writeProgress(place, noted);
  }
}

/** Bytes of the file that came; those that are zero are left out of it. */
async function takePiece(
  stream: Duplex,
  reader: ByteReader,
  piece: { readonly path: string; readonly offset: number; readonly bytes: number },
  target: FileHandle,
): Promise<number> {
  const { length, sha256: sum } = await ask(stream, reader, { ask: "piece", ...piece }, pieceSchema);
  if (length > piece.bytes) throw new CkeError("unavailable", `${piece.path}: more came than was asked for`);
  if (sum === undefined) {
    const { size } = await target.stat();
    // A part that was written and not noted before.
    if (size > piece.offset)
      await target.write(Buffer.alloc(Math.min(length, size - piece.offset)), 0, null, piece.offset);
    return length;
  }
  const data = await reader.take(length);
  if (data === undefined || sha256(data) !== sum)
    throw new CkeError("transfer_checksum", `${piece.path}: what came at byte ${piece.offset} has another checksum`, {
      retryable: true,
    });
  for (let done = 0; done < data.length; )
    done += (await target.write(data, done, data.length - done, piece.offset + done)).bytesWritten;
  return length;
}

async function ask<Schema extends z.ZodType>(
  stream: Duplex,
  reader: ByteReader,
  request: TransferRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  await sendFrame(stream, request);
  const head = await readHead(reader);
  if (head === undefined) throw new CkeError("unavailable", "the other host has ended", { retryable: true });
  const failure = failureSchema.safeParse(head).data;
  if (failure !== undefined)
    throw new CkeError("unavailable", `the other host: ${failure.message}`, { retryable: true });
  const read = schema.safeParse(head);
  if (read.success) return read.data;
  throw new CkeError("unavailable", "the other host gives an answer that cannot be read: it is of another version");
}

/** Gives the files their place. Each step may be repeated. What an earlier stay of the VM has left here goes. */
async function publish({ files, images }: Manifest, { place, onWhole }: TakeParts): Promise<void> {
  const from = incoming(place);
  const came = await open(join(from, "disks"), "r").then(
    async (found) => {
      await found.close();
      return true;
    },
    () => false,
  );
  await onWhole();
  if (came) {
    const { vm, uuid, instance } = place;
    // Disks on shared storage are claimed when the guest starts: until then their claim is that of the other host.
    const record = { vm, uuid, instance, images, claims: {} };
    await writeDurably(join(from, "disks", recordFile), JSON.stringify(record), 0o600);
    await flush(join(from, "disks"));
    for (const beside of besideDisks.filter((name) => files.some(({ path }) => path === name)))
      await rename(join(from, beside), join(place.directory, beside)).catch((error: unknown) => {
        // An earlier attempt has done it.
        if (!isMissing(error)) throw error;
      });
    await rm(disksDirectory(place), { recursive: true, force: true });
    await rename(join(from, "disks"), disksDirectory(place));
  }
  await flush(place.directory);
  await rm(from, { recursive: true, force: true });
}
