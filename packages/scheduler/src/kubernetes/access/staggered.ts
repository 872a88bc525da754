// Asks one candidate after the other, the next one as soon as one fails or is slow, and takes the first answer. What is begun
// besides is ended.
import type { Clock } from "@cke/foundation";

export interface StaggerOptions<Answer> {
  readonly clock: Clock;
  /** After this time without an answer the next candidate is asked too. */
  readonly staggerMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Gets an answer that came too late. */
  readonly discard: (answer: Answer) => void;
}

/** All candidates failed, or there was none. */
export class AllFailedError extends Error {
  readonly failures: readonly { readonly candidate: string; readonly error: unknown }[];

  constructor(failures: AllFailedError["failures"]) {
    super("every candidate failed");
    this.failures = failures;
  }
}

/** The first answer. Throws AllFailedError, or the signal's reason. */
export function staggered<Answer>(
  candidates: readonly string[],
  attempt: (candidate: string, signal: AbortSignal) => Promise<Answer>,
  { clock, staggerMs, signal, discard }: StaggerOptions<Answer>,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const waiting = [...candidates];
  const running = new Set<AbortController>();
  const failures: { candidate: string; error: unknown }[] = [];
  let over = false;
  let cancelNext = () => {};
  const end = () => {
    over = true;
    cancelNext();
    signal.removeEventListener("abort", onAbort);
    for (const attempted of running) attempted.abort(new Error("another one answered, or nobody waits any more"));
  };
  const onAbort = () => {
    end();
    reject(signal.reason);
  };
  const begin = () => {
    cancelNext();
    const candidate = waiting.shift();
    if (candidate === undefined) {
      if (running.size > 0) return;
      end();
      reject(new AllFailedError(failures));
      return;
    }
    const own = new AbortController();
    running.add(own);
    cancelNext = clock.after(staggerMs, begin);
    attempt(candidate, own.signal).then(
      (answer) => {
        running.delete(own);
        if (over) return discard(answer);
        end();
        resolve(answer);
      },
      (error: unknown) => {
        running.delete(own);
        if (over) return;
        failures.push({ candidate, error });
        begin();
      },
    );
  };
  if (signal.aborted) reject(signal.reason);
  else {
    signal.addEventListener("abort", onAbort, { once: true });
    begin();
  }
  return promise;
}
