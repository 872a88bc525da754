// Which executor has a VM's directory: for words, and for a lock whose holder was killed beside its executor. Pure.
import { z } from "zod";

/** What an executor writes into the lock file of its VM. */
export const Owner = z.object({
  executorId: z.string().max(1_000),
  pid: z.int().positive(),
  /** Field 22 of /proc/PID/stat: a later process with the same pid has another one. */
  startTime: z.string().max(32),
  bootId: z.string().max(64),
  /** Of its process ids: the pids of another namespace say nothing here. */
  pidNamespace: z.string().max(64),
});
export type Owner = z.infer<typeof Owner>;

export interface OwnerFacts {
  /** This very executor. */
  readonly self: Owner;
  /** Start time of the process that has the owner's pid now; undefined when there is none. */
  readonly startTimeNow: string | undefined;
}

/**
 * For who has the lock already: true unless the owner that is written in it is another process that runs. That one has lost its lock, for
 * the child that held it was killed, and will take it again.
 */
export function mayTake(owner: Owner | undefined, { self, startTimeNow }: OwnerFacts): boolean {
  if (owner === undefined || owner.bootId !== self.bootId || owner.pidNamespace !== self.pidNamespace) return true;
  if (owner.pid === self.pid && owner.startTime === self.startTime) return true;
  return startTimeNow === undefined || startTimeNow !== owner.startTime;
}
