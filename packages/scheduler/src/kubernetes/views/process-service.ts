// The port of the service for single processes, which the REST API calls. Every method throws CkeErrors whose status is the HTTP
// status: 404 for names that do not exist.
import type { Probe } from "@cke/protocol";

export interface ProcessName {
  readonly cluster: string;
  readonly node: string;
  readonly process: string;
}

export interface ChangedProcess {
  /** What happens now, in words. */
  readonly message: string;
  /** Sentences about fields of the body without effect; only a few. */
  readonly warnings: readonly string[];
}

export interface SettledProcess {
  readonly done: boolean;
  /** How it is: why it is not done, or what follows. */
  readonly words: string;
}

export interface ProcessService {
  /**
   * Restarts a process, changes it, stops or starts it, as the body of the PUT says. What is asked is stored, and is what is
   * desired from then on. `by` is shown to others. `force`: also where it costs a cluster the quorum of its etcd. Throws SpecInvalidError (400, 422) or a CkeError with 409 (not possible
   * now).
   */
  change(name: ProcessName, body: unknown, by: string, force?: boolean): Promise<ChangedProcess>;
  /** Resolves when the process is as is wanted and healthy, after `waitMs`, or when `signal` is aborted. */
  settled(name: ProcessName, waitMs: number, signal: AbortSignal): Promise<SettledProcess>;
  /** The health checks that it is to have, in their order. */
  checks(name: ProcessName): readonly Probe[];
}
