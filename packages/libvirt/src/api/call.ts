// What every call of this package takes.

export interface CallOptions {
  /**
   * Ends the wait for the answer: the promise is rejected with the signal's reason. The daemon knows of no cancelling, so it may
   * carry the call out all the same; the call keeps its place among those in flight until the daemon has answered.
   */
  readonly signal?: AbortSignal;
}

/**
 * Which of a domain's two definitions a change is for: the running guest (`live`), the stored definition that its next start takes
 * (`config`), both, or that of its present state (`current`: live when it runs, else config).
 */
export type Affect = "live" | "config" | "both" | "current";
