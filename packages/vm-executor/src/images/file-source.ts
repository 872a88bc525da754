// Takes an image from a file of the host into the cache: the file may change or go later, and what is below disks must not.
import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, rm } from "node:fs/promises";
import { CkeError } from "@cke/foundation";
import { isMissing } from "../storage/file-errors.ts";
import { isBelow } from "../storage/path-below.ts";
import { copyWithSum } from "./content-sum.ts";
import { type Fetching, wrongSum } from "./image-fetch.ts";

/** `imagePath`: the file is below it, after all links. Resolves to the sum of its content. Throws CkeError image_source, image_not_found. */
export async function fetchFile(path: string, imagePath: string, fetching: Fetching): Promise<string> {
  const file = await openImage(path);
  try {
    await mustBeImage(file, path, imagePath);
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
    // A pipe would keep a reader waiting.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const words = `the image ${path} is not on this host; put it there, or give an address that every host can fetch`;
    throw new CkeError("image_not_found", words, { cause: error });
  }
}

/** The scheduler sees the text of a path only. What is open here does not change, whatever happens to links. */
async function mustBeImage(file: FileHandle, path: string, imagePath: string): Promise<void> {
  const refuse = (words: string) => {
    throw new CkeError("image_source", `the image ${path} ${words}; or give an http:// or https:// URL`);
  };
  if (!imagePath.startsWith("/"))
    refuse("is a file of this host, and the scheduler names no directory of images (-vm_image_path)");
  const opened = await readlink(`/proc/self/fd/${file.fd}`);
  const directory = await realpath(imagePath).catch((error: unknown) => {
    if (isMissing(error)) return imagePath;
    throw error;
  });
  if (!isBelow(opened, directory))
    refuse(
      `leads to ${opened}, which is not below ${imagePath}: only files there are images (-vm_image_path); put it there`,
    );
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
