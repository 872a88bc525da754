// One listener of a signal for all that wait for it. A signal looks through all its listeners when one comes: with a thousand
// requests on the way that took longer than the requests.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `action` when the signal is aborted, unless the function returned was called before. The signal is not aborted yet. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const actions = waiting.get(signal) ?? watch(signal);
  actions.add(action);
  return () => {
    actions.delete(action);
  };
}

function watch(signal: AbortSignal): Set<() => void> {
  const actions = new Set<() => void>();
  waiting.set(signal, actions);
  signal.addEventListener(
    "abort",
    () => {
      for (const action of actions) action();
      actions.clear();
    },
    { once: true },
  );
  return actions;
}
