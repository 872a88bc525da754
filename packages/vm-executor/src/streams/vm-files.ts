// Files of a VM as its channel shows them: what the guest wrote to its console, what QEMU said, and the seed without its secrets.
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FilePart } from "@cke/executor-core";
import { CkeError, type Clock } from "@cke/foundation";
import type { FileEntryInit, FileRequest, FilesRequest, FilesResponseInit } from "@cke/protocol";

export interface VmFileSources {
  readonly consoleLog: string;
  /** libvirt's log of the domain. */
  readonly domainLog: string;
  /** Files of the seed by name, without secrets. */
  readonly seed: () => ReadonlyMap<string, string>;
}

type VmFile = { readonly kind: "path"; readonly path: string } | { readonly kind: "text"; readonly bytes: Buffer };

const pieceBytes = 64 * 1024;
const followMs = 500;

/** By their path in the unit. Logs are there whatever is wrong with a seed. */
function filesOf({ consoleLog, domainLog, seed }: VmFileSources, asked: string): ReadonlyMap<string, VmFile> {
  const described = /^\/seed(\/|$)/.test(asked) ? seed() : [];
  const seedFiles = [...described].map(([name, text]): [string, VmFile] => [
    join("/seed", basename(name)),
    { kind: "text", bytes: Buffer.from(text) },
  ]);
  return new Map<string, VmFile>([
    ["/logs/console.log", { kind: "path", path: consoleLog }],
    ["/logs/domain.log", { kind: "path", path: domainLog }],
    ...seedFiles,
  ]);
}

/** The files of /logs or /seed that are there. */
export async function listFiles({ directory }: FilesRequest, sources: VmFileSources): Promise<FilesResponseInit> {
  const at = directory.replace(/\/+$/, "");
  const files: FileEntryInit[] = [];
  for (const [path, file] of filesOf(sources, at)) {
    if (path.slice(0, path.lastIndexOf("/")) !== at) continue;
    const name = basename(path);
    if (file.kind === "text") files.push({ name, size: file.bytes.length, modifiedAtMs: 0 });
    else {
      const facts = await stat(file.path).catch(() => undefined);
      if (facts !== undefined) files.push({ name, size: facts.size, modifiedAtMs: Math.round(facts.mtimeMs) });
    }
  }
  if (files.length === 0 && at !== "/logs" && at !== "/seed")
    throw new CkeError("not_found", "a virtual machine has the directories /logs and /seed");
  return { files: files.toSorted((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1)), more: false };
}

/** At least one part. Follows a file that grows until the signal is aborted. */
export async function* readFile(
  request: FileRequest,
  sources: VmFileSources,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<FilePart, void, undefined> {
  const file = filesOf(sources, request.path).get(request.path);
  if (file === undefined)
    throw new CkeError("not_found", `the virtual machine has no file ${JSON.stringify(request.path.slice(0, 200))}`);
  if (file.kind === "text") {
    const { bytes } = file;
    const from = startOf(request, bytes.length);
    const end = request.length === 0 ? bytes.length : from + request.length;
    yield { offset: from, data: bytes.subarray(from, end), fileSize: bytes.length, modifiedAtMs: 0 };
    return;
  }
  yield* readPath(file.path, request, clock, signal);
}

async function* readPath(
  path: string,
  request: FileRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<FilePart, void, undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw new CkeError("not_found", `${request.path} has not been written`, { cause });
  }
  try {
    const { size: fileSize, mtimeMs } = await handle.stat();
    const head = { fileSize, modifiedAtMs: Math.round(mtimeMs) };
    let offset = startOf(request, fileSize);
    let left = request.length === 0 ? Number.POSITIVE_INFINITY : request.length;
    let first = true;
    while (left > 0 && !signal.aborted) {
      const buffer = Buffer.alloc(Math.min(pieceBytes, left));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      if (bytesRead > 0 || first) yield { ...head, offset, data: buffer.subarray(0, bytesRead) };
      first = false;
      offset += bytesRead;
      left -= bytesRead;
      if (bytesRead > 0) continue;
      if (!request.follow) return;
      await clock.sleep(followMs, signal).catch(() => {});
    }
  } finally {
    await handle.close();
  }
}

function startOf({ offset, fromEnd }: FileRequest, size: number): number {
  return fromEnd ? Math.max(0, size - offset) : Math.min(offset, size);
}
