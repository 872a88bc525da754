// Notes what was made from which content. When neither the sources nor the results have changed, nothing must be built,
// and finding that out takes less than a second.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const stampSchema = z.object({
  /** Digest of the sources and of the request. */
  key: z.string(),
  version: z.string(),
  image: z.string(),
  imageId: z.string(),
  binaries: z.string(),
  /** The files that were made, with their size and time. */
  files: z.array(z.object({ path: z.string(), size: z.number(), mtimeMs: z.number() })),
});
export type Stamp = z.infer<typeof stampSchema>;
export type MadeFile = Stamp["files"][number];

/** The sources of everything that `make up` builds, from the top of the checkout. */
const sources = ["packages", "proto", "scripts", "images", "default_cfg", "package.json", "pnpm-lock.yaml"];
const skipped = /^(node_modules|testing|.*\.test\.ts)$/;

function filesBelow(path: string): string[] {
  const { mode } = statSync(path);
  if ((mode & 0o170000) !== 0o040000) return [path];
  return readdirSync(path)
    .filter((name) => !skipped.test(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** Digest of paths, execute bits and contents of the sources, and of the words that change what is built. */
export function keyOf(top: string, words: readonly string[], roots: readonly string[] = sources): string {
  const hash = createHash("sha256").update(JSON.stringify(words));
  for (const file of roots.flatMap((root) => filesBelow(join(top, root)))) {
    const content = createHash("sha256").update(readFileSync(file)).digest("hex");
    hash.update(`${file.slice(top.length)}\0${statSync(file).mode & 0o111}\0${content}\n`);
  }
  return hash.digest("hex");
}

/** Size and time of the files; undefined when one is missing. */
export function madeFiles(paths: readonly string[]): MadeFile[] | undefined {
  try {
    return paths.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return { path, size, mtimeMs };
    });
  } catch {
    return undefined;
  }
}

/** Why something must be made; "" when the stamp is valid for all of it. Pure. */
export function staleness(
  stamp: Stamp | undefined,
  key: string,
  imageId: string,
  files: readonly MadeFile[] | undefined,
): string {
  if (stamp === undefined) return "nothing is built yet";
  if (stamp.key !== key) return "the checkout has changed";
  if (files === undefined || JSON.stringify(files) !== JSON.stringify(stamp.files))
    return "what was built is not as it was";
  if (imageId === "") return `the image ${stamp.image} is missing`;
  if (stamp.imageId !== imageId) return `the image ${stamp.image} is another one`;
  return "";
}

/** Undefined when there is no stamp, or only one of another version. */
export function readStamp(file: string): Stamp | undefined {
  try {
    return stampSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

export function writeStamp(file: string, stamp: Stamp): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(stamp)}\n`);
  renameSync(`${file}.new`, file);
}
