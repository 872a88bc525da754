// Takes an image from a file of the host into the cache: the file may change or go later, and what is below disks must not.
import { type FileHandle, open, rm } from "node:fs/promises";
import { CkeError } from "@cke/foundation";
import { isMissing } from "../storage/file-errors.ts";
import { copyWithSum } from "./content-sum.ts";
import { type Fetching, wrongSum } from "./image-fetch.ts";

/** Resolves to the sum of its content. */
export async function fetchFile(path: string, fetching: Fetching): Promise<string> {
  const file = await openImage(path);
  try {
    return await copy(file, path, fetching);
  } finally {
    await file.close();
  }
}

async function copy(
  file: FileHandle,
  path: string,
  { cache, key, makeRoom, report, signal, sum }: Fetching,
): Promise<string> {
  const { identity, allocated } = await describe(file, path);
  const known = await cache.source(key);
  if (sum === "" && known?.identity === identity && (await cache.has(known.sha256))) return known.sha256;
  await makeRoom(allocated);
  const partial = cache.partialPath(key);
  const onProgress = (done: number, total: number) => report({ phase: "copying", done, total });
  const found = await copyWithSum(file, partial, { signal, onProgress });
  const changed = (await describe(file, path)).identity !== identity;
  if (changed || (sum !== "" && found !== sum)) {
    await rm(partial, { force: true });
    if (!changed) throw wrongSum(path, sum, found);
    const words = `the image ${path} was changed while it was copied: wait until it is complete`;
    throw new CkeError("image_unreachable", words, { retryable: true });
  }
  await cache.keep(partial, found);
  if (sum === "") await cache.noteSource(key, { sha256: found, etag: "", lastModified: "", identity });
  return found;
}

async function openImage(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (!isMissing(error)) throw error;
    const words = `the image ${path} is not on this host; put it there, or give an address that every host can fetch`;
    throw new CkeError("image_not_found", words, { cause: error });
  }
}

async function describe(
  file: FileHandle,
  path: string,
): Promise<{ readonly identity: string; readonly allocated: number }> {
  const facts = await file.stat({ bigint: true });
  if (!facts.isFile()) throw new CkeError("image_source", `the image ${path} is no ordinary file`);
  const identity = [facts.dev, facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(":");
  return { identity, allocated: Number(facts.blocks) * 512 };
}
