// What the wrapper wants of control groups, whatever their version: one cgroup per process below a common parent.
// Implementations: cgroup-v1.ts, cgroup-v2.ts, and no-cgroups.ts where none can be used.
import type { Resources } from "@cke/protocol";

/** The cgroup of one process (or of one exec session). */
export interface Cgroup {
  /** Files that a process writes its pid into to join, in every hierarchy. */
  readonly joinFiles: readonly string[];
  /**
   * Sets shares, quota and memory limit, live. Throws WrapperError failed_precondition when the memory limit is below what is
   * in use and cannot be reclaimed; then nothing was changed.
   */
  apply(resources: Resources): Promise<void>;
  /** Everything that runs in it now, cgroups below it included. */
  pids(): readonly number[];
  /** SIGKILL to all of it, once. */
  kill(): void;
  /** How often the kernel ended something in it because of its memory limit. */
  oomKills(): number;
  /** Removes it when it is empty; false while it is not. */
  remove(): boolean;
}

export interface Cgroups {
  /** 1 or 2; 0 when no cgroups can be used. */
  readonly version: 0 | 1 | 2;
  /** What works and what does not, for an operator. */
  readonly note: string;
  /** Makes (or finds again) the cgroup of a name, with limits. Throws WrapperError. */
  open(name: string, resources: Resources): Promise<Cgroup>;
  /**
   * Makes (or finds again) a cgroup at the root of the hierarchies and sets its limits. It is for what a process runs for
   * others, is shared with programs that make their own cgroups in it, and is never removed. Throws WrapperError
   * failed_precondition when the memory limit is lowered below the working set of what is in it; then nothing was changed. With "cpu" the
   * memory limit stays as it is.
   */
  limitWorkload(name: string, resources: Resources, what?: "all" | "cpu"): Promise<void>;
  /** Removes the common parent with everything in it that no process is in. */
  close(): void;
}
