// What of a node's resources each of its Mesos tasks holds. One-shots end, and what a task had is anybody's then: the node
// could not come back to an agent that has been filled up since. So the node's own task holds what they need for as long as
// the node is to run, the sum of it, for they may run at once; their own tasks hold as little as Mesos accepts. The sum over
// all tasks is what the API shows.
import { type ProcessOutline, sumResources, toMillis, type UnitOutline } from "./unit-outline.ts";

/** CPUs and MiB. */
export interface TaskShare {
  readonly cpu: number;
  readonly mem: number;
}

/** A task must have some resource ("Task uses no resources"); this is the smallest amount that Mesos counts. */
const token: TaskShare = { cpu: 0.001, mem: 0 };

type Shared = Pick<ProcessOutline, "res" | "mayFinish">;

/** Of a process's task. `heldByNode`: false for launches of versions in which one-shots held their resources themselves. */
export function processShare({ res, mayFinish }: Shared, heldByNode = true): TaskShare {
  return heldByNode && mayFinish ? token : res;
}

/** Of the node's own task. */
export function nodeShare(
  outline: Pick<UnitOutline, "nodeTask"> & { readonly processes: readonly Shared[] },
  heldByNode = true,
): TaskShare {
  const { nodeTask, processes } = outline;
  if (!heldByNode) return nodeTask;
  const extra = processes
    .filter(({ mayFinish }) => mayFinish)
    .map(({ res }) => ({
      cpu: Math.max(0, (toMillis(res.cpu) - toMillis(token.cpu)) / 1000),
      mem: res.mem,
    }));
  return sumResources([nodeTask, ...extra]);
}
