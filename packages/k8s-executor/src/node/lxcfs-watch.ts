// Finds out that lxcfs has died: its files are still there in every container, and cannot be read any more.
import type { Clock } from "@cke/foundation";
import { probedFile } from "../container/lxcfs.ts";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export interface LxcfsWatchOptions {
  readonly wrapper: Pick<WrapperClient, "run">;
  /** The mount point on the host. */
  readonly path: string;
  readonly clock: Clock;
  /** "" when the files can be read (again). */
  readonly onChange: (problem: string) => void;
  /** Time between two looks, in ms; default 15 s. */
  readonly periodMs?: number;
}

const patienceMs = 5_000;

/** Looks from inside the node, until `signal` is aborted; never rejects. Without lxcfs there is nothing to look at. */
export async function watchLxcfs(options: LxcfsWatchOptions, signal: AbortSignal): Promise<void> {
  const { path, clock, onChange, periodMs = 15_000 } = options;
  let told = "";
  while (path !== "" && !signal.aborted) {
    const problem = await lookAt(options);
    if (!signal.aborted && problem !== undefined && problem !== told) {
      told = problem;
      onChange(problem);
    }
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}

/** Undefined when the wrapper does not say: whether it answers is for others to find out. */
async function lookAt({ wrapper, path }: LxcfsWatchOptions): Promise<string | undefined> {
  try {
    // A program of its own: reading from an lxcfs that stands still does not end, and must not hold up the wrapper.
    const { code, stderr } = await wrapper.run({ command: ["cat", `/${probedFile}`], timeoutMs: patienceMs });
    if (code === 0) return "";
    const why = stderr.trim() === "" ? `it was not read within ${patienceMs / 1000} s` : stderr.trim();
    return `lxcfs at ${path} on this host has died or stands still: /${probedFile} of the node cannot be read (${why}); start it again there, then stop and start the node, for its files lead to the old one`;
  } catch {
    return undefined;
  }
}
