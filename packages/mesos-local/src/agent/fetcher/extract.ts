// Archives unpacked into a sandbox: tar variants by the tar program, zip and gz by Node. Owners and
// set-uid bits of an archive are not taken over.
import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CkeError, messageOf } from "@cke/foundation";
import type { ArchiveKind } from "./fetch-item.ts";
import { extractZip } from "./zip-archive.ts";

const tarFlags = { tar: [], "tar.gz": ["-z"], "tar.bz2": ["-j"], "tar.xz": ["-J"] } as const;

/** Unpacks `archive` into `directory`. Throws CkeError `extraction_failed`. */
export async function extractArchive(
  kind: ArchiveKind,
  archive: string,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (kind === "zip") await extractZip(archive, directory);
    else if (kind === "gz") await gunzip(archive, directory, signal);
    else await untar(tarFlags[kind], archive, directory, signal);
  } catch (cause) {
    const text = `Failed to extract archive '${archive}' to '${directory}': ${messageOf(cause)}`;
    throw new CkeError("extraction_failed", text, { cause });
  }
}

async function gunzip(archive: string, directory: string, signal: AbortSignal): Promise<void> {
  const target = join(directory, basename(archive).replace(/\.gz$/, ""));
  await pipeline(createReadStream(archive), createGunzip(), createWriteStream(target), { signal });
}

function untar(flags: readonly string[], archive: string, directory: string, signal: AbortSignal): Promise<void> {
  const argv = ["-x", ...flags, "-f", archive, "-C", directory, "--no-same-owner", "--no-same-permissions"];
  const child = spawn("tar", argv, { stdio: ["ignore", "ignore", "pipe"], signal, env: { PATH: process.env.PATH } });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 2_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new CkeError("extraction_failed", complaint.trim().replaceAll("\n", "; ") || `tar exited ${code}`));
    });
  });
}
