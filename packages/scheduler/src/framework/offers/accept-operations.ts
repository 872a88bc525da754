// The operations of one ACCEPT. Mesos applies them in order, so operations that make resources usable come before those
// that use them.
import { type Operation, type Resource, Resources, type TaskInfo } from "@cke/mesos";

const withId = (id: string) => (id === "" ? {} : { id: { value: id } });

export interface TasksToLaunch {
  readonly tasks: readonly TaskInfo[];
  /** True for one task group: all tasks or none. */
  readonly pod: boolean;
}

/** One LAUNCH for all single tasks, and a LAUNCH_GROUP for each pod. */
export function launchOperations(launches: readonly TasksToLaunch[]): readonly Operation[] {
  const single = launches.filter(({ pod }) => !pod).flatMap(({ tasks }) => tasks);
  const groups = launches.filter(({ pod }) => pod).flatMap(({ tasks }) => groupOperation(tasks) ?? []);
  return [...(single.length === 0 ? [] : [{ type: "LAUNCH", launch: { task_infos: single } }]), ...groups];
}

/** In a group the executor is named once, and not by the tasks. */
function groupOperation(tasks: readonly TaskInfo[]): Operation | undefined {
  const executor = tasks[0]?.executor;
  if (executor === undefined) return undefined;
  const bare = tasks.map(({ executor: _, ...task }): TaskInfo => task);
  return { type: "LAUNCH_GROUP", launch_group: { executor, task_group: { tasks: bare } } };
}

/** One RESERVE; `reserved` as they are afterwards. With an id, Mesos answers by UPDATE_OPERATION_STATUS. */
export function reserveOperations(reserved: readonly Resource[], id: string): readonly Operation[] {
  return reserved.length === 0 ? [] : [{ type: "RESERVE", ...withId(id), reserve: { resources: reserved } }];
}

/** One UNRESERVE of resources as they were offered. */
export function unreserveOperations(reserved: readonly Resource[], id: string): readonly Operation[] {
  if (reserved.length === 0) return [];
  return [{ type: "UNRESERVE", ...withId(id), unreserve: { resources: Resources.sum(reserved) } }];
}
