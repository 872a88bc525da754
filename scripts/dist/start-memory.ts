// An executable that idles gives back what only its start needed. V8 collects when a program allocates, so one that idles keeps the garbage
// of its start for ever, and the code of functions that are never called again: a quarter of a program's private memory.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The start is over by then: a Kubernetes cluster is Ready some twelve seconds after its first executor started. */
const startMs = 60_000;
/** A larger heap is not idle, its garbage is collected anyway, and the collection would hold the program up: some 70 ms for 40 MB. */
const largestHeapBytes = 100e6;

/**
 * Once, `afterMs` milliseconds after the start: collects all garbage and drops the code of functions that were not called lately (V8
 * compiles them anew when they are called). Does not keep a program alive that ends before.
 */
export function releaseStartMemory(afterMs = startMs, heapUsed = () => process.memoryUsage().heapUsed): void {
  setTimeout(() => {
    if (heapUsed() <= largestHeapBytes) collect();
  }, afterMs).unref();
}

/**
 * "Last resort" is V8's word for a collection that drops code too. Node has no call for it. The flag is taken back, for a code cache of
 * other flags is not taken (code-cache.ts). The inspector's `collectGarbage` would do it as well, but a session that is closed within
 * its answer stops the thread for ever.
 */
function collect(): void {
  setFlagsFromString("--expose-gc");
  try {
    runInNewContext('gc({ type: "major", execution: "sync", flavor: "last-resort" })');
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
