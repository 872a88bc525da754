// How long a guest may take to move while it runs, and how many may do so at once at one host. A guest that writes faster than its memory is
// copied never comes to an end by itself, and is throttled more and more meanwhile. Pure.
import type { VmSpec } from "../body/vm-spec.ts";

/** A guest that is still on its way so long before its agent's window is shut down in order: there must be time for that. */
export const aheadOfWindowMs = 5 * 60_000;
/** For launches and images, and for a guest without much memory. */
const baseMs = 30 * 60_000;
/** For each GiB of its memory and of its own disks. So 7 MiB/s are enough. OpenShift's KubeVirt (`completionTimeoutPerGiB`) gives 800 s. */
const perGibMs = 150_000;

/** Of one host, as its old or as its new host. By default KubeVirt's `parallelOutboundMigrationsPerNode` is the same. */
export const mostMovesAtOnce = 2;

export interface LiveLimit {
  /** UNIX ms. */
  readonly atMs: number;
  /** Why it ends then, to follow "it cannot move while it runs: ". */
  readonly words: string;
}

/** `windowStartMs`: of the maintenance of the agent where its guest runs, if one is scheduled. */
export function liveLimit(
  { memory, disks }: Pick<VmSpec, "memory" | "disks">,
  sinceMs: number,
  windowStartMs: number | undefined,
): LiveLimit {
  const mib = disks.reduce((sum, { path, sizeMib }) => sum + (path === "" ? sizeMib : 0), memory.maximumMib);
  const longMs = baseMs + Math.ceil(mib / 1_024) * perGibMs;
  const latestMs = windowStartMs === undefined ? Number.POSITIVE_INFINITY : windowStartMs - aheadOfWindowMs;
  if (latestMs < sinceMs + longMs)
    return {
      atMs: latestMs,
      words: `the maintenance of its agent begins in less than ${aheadOfWindowMs / 60_000} minutes`,
    };
  const minutes = Math.round(longMs / 60_000);
  return { atMs: sinceMs + longMs, words: `it had not moved after ${minutes} minutes (does it write too much?)` };
}

/** Why a guest waits that is to move between these hosts; "" when it has its turn. `others`: the hosts of each that moves now. */
export function turnWords(hosts: readonly string[], others: readonly (readonly string[])[]): string {
  const full = hosts.find((host) => others.filter((both) => both.includes(host)).length >= mostMovesAtOnce);
  return full === undefined
    ? ""
    : `it waits for its turn to move while it runs: ${mostMovesAtOnce} guests move from or to ${full} now`;
}
