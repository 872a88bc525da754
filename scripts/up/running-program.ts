// Decides whether a running scheduler is the one that this checkout would start: program, flags and configuration.
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Digest of the executable, of its flags and of the files of its configuration directory. */
export async function digestOfProgram(
  program: string,
  flags: readonly string[],
  configuration: string,
): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(program, { highWaterMark: 1 << 20 }), hash, { end: false });
  hash.update(JSON.stringify(flags));
  for (const name of readdirSync(configuration).sort())
    hash.update(`\0${name}\0`).update(readFileSync(join(configuration, name)));
  return hash.digest("hex");
}

export type Action = "start" | "keep" | "replace";

/**
 * What to do with the scheduler. `started`: digest of the running one; undefined when an earlier CKE started it, which
 * noted no digest. Pure.
 */
export function schedulerAction(running: boolean, started: string | undefined, wanted: string): Action {
  if (!running) return "start";
  return started === wanted ? "keep" : "replace";
}
