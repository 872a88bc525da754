// A bound for promises that may never settle. The HTTP client of dockerode, for example, forgets a request whose connection is
// cut in the middle of the answer: its promise gives neither a result nor an error.

/** The promise's outcome, or a rejection with what `late` makes when `signal` is aborted or `ms` have passed before. */
export async function withTimeout<T>(
  promise: Promise<T>,
  options: { readonly ms?: number; readonly signal?: AbortSignal; readonly late: () => Error },
): Promise<T> {
  const { ms, signal, late } = options;
  const { promise: bound, reject } = Promise.withResolvers<never>();
  const give = () => reject(late());
  const timer = ms === undefined ? undefined : setTimeout(give, ms);
  signal?.addEventListener("abort", give, { once: true });
  if (signal?.aborted) give();
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", give);
    // A rejection that comes after the bound must not end the program as an unhandled one.
    promise.catch(() => {});
  }
}
