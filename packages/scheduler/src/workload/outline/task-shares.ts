// Divides a unit's resources among its Mesos tasks. One-shots end, and then Mesos offers their resources to everybody,
// so that the unit could not come back to an agent that is full since. So the unit's own task holds the sum of what its
// one-shots need, for as long as the unit is to run; the tasks of one-shots hold as little as Mesos accepts. The API
// shows the sum over all tasks.
import { type ProcessOutline, sumResources, toMillis, type UnitOutline } from "./unit-outline.ts";

/** CPUs and MiB. */
export interface TaskShare {
  readonly cpu: number;
  readonly mem: number;
}

/** A task must have some resource ("Task uses no resources"); this is the smallest amount that Mesos counts. */
const token: TaskShare = { cpu: 0.001, mem: 0 };

type Shared = Pick<ProcessOutline, "res" | "mayFinish">;

/**
 * The share of a process's task. `heldByUnit`: false for launches of versions in which one-shots held their resources
 * themselves.
 */
export function processShare({ res, mayFinish }: Shared, heldByUnit = true): TaskShare {
  return heldByUnit && mayFinish ? token : res;
}

/**
 * Most that a process's own task holds where a resource task holds the rest. Mesos cannot resize a task: what the own task holds is
 * given back with its next launch only. Why these figures: docs/decisions/process-resources.md.
 */
export const processBase: TaskShare = { cpu: 0.1, mem: 128 };

/** What of a process's share its own task holds, so that the rest can be given back while it runs. */
export const baseShare = ({ cpu, mem }: TaskShare): TaskShare => ({
  cpu: Math.min(cpu, processBase.cpu),
  mem: Math.min(mem, processBase.mem),
});

/** The share of the unit's own task. */
export function unitShare(
  outline: Pick<UnitOutline, "unitTask"> & { readonly processes: readonly Shared[] },
  heldByUnit = true,
): TaskShare {
  const { unitTask, processes } = outline;
  if (!heldByUnit) return unitTask;
  const extra = processes
    .filter(({ mayFinish }) => mayFinish)
    .map(({ res }) => ({
      cpu: Math.max(0, (toMillis(res.cpu) - toMillis(token.cpu)) / 1000),
      mem: res.mem,
    }));
  return sumResources([unitTask, ...extra]);
}
