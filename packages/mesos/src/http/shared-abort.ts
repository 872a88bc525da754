// One listener of a signal for all that wait for it. A signal looks through all its listeners when one comes: with a thousand
// requests on the way that took longer than the requests.

/**
 * Who waits, in an array without order. The lists of a signal, a Set and a Map link what was removed to what came later: once
 * the first of it is old, all that ever waited stays until the next full collection of garbage.
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
