// One listener of an AbortSignal for all that wait for it. Adding a listener to a signal takes time for each listener that it
// has already: with a thousand requests under way that took longer than the requests themselves.

/**
 * The waiting callbacks, in an array without order. The listeners of a signal, a Set and a Map link removed entries to later
 * ones: once the first is in the old generation, all of them stay in memory until the next full garbage collection.
 */
class Waiting {
  readonly #all: Waiter[] = [];

  add(action: () => void): Waiter {
    const waiter = { action, place: this.#all.length };
    this.#all.push(waiter);
    return waiter;
  }

  remove(waiter: Waiter): void {
    if (this.#all[waiter.place] !== waiter) return;
    const last = this.#all.pop();
    if (last === undefined || last === waiter) return;
    last.place = waiter.place;
    this.#all[last.place] = last;
  }

  abort(): void {
    for (const { action } of this.#all.splice(0)) action();
  }
}

interface Waiter {
  readonly action: () => void;
  place: number;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `action` when the signal is aborted, at once when it is already, unless the function returned was called before. The
 * order of the actions is not that of the calls.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) {
    action();
    return () => undefined;
  }
  const all = waiting.get(signal) ?? watch(signal);
  const waiter = all.add(action);
  return () => all.remove(waiter);
}

function watch(signal: AbortSignal): Waiting {
  const all = new Waiting();
  waiting.set(signal, all);
  signal.addEventListener("abort", () => all.abort(), { once: true });
  return all;
}
