// The operations of one ACCEPT. Mesos applies them in order, so what makes resources usable comes before what uses them.
import type { Operation, TaskInfo } from "@cke/mesos";

/** One LAUNCH for all of these tasks; nothing when there are none. */
export function launchOperations(tasks: readonly TaskInfo[]): readonly Operation[] {
  return tasks.length === 0 ? [] : [{ type: "LAUNCH", launch: { task_infos: tasks } }];
}
