// The tasks that really run on the agents of a simulated Mesos, whatever the master or the store says.
import type { TaskInfo } from "@cke/mesos";
import type { InMemoryMesos, SimulatedAgent } from "@cke/mesos-local/simulation";
import { identityIn } from "@cke/scheduler/workload/records/identity";

export interface LiveTask {
  readonly taskId: string;
  /** `<workload>/<unit>/<process>`; the process is empty for the unit's own task. */
  readonly key: string;
  readonly agent: SimulatedAgent;
}

const labelOf = (info: TaskInfo, key: string) => info.labels?.labels?.find((label) => label.key === key)?.value;

const keys = new WeakMap<TaskInfo, string>();

/** Computed once for each task. */
function keyOf(info: TaskInfo): string {
  const known = keys.get(info);
  if (known !== undefined) return known;
  const { workload, unit } = identityIn((name) => labelOf(info, name));
  const key = `${workload}/${unit}/${labelOf(info, "cke.process") ?? ""}`;
  keys.set(info, key);
  return key;
}

/** All tasks that really run. */
export function liveTasks(mesos: InMemoryMesos): readonly LiveTask[] {
  const list: LiveTask[] = [];
  for (const agent of mesos.agents.values()) {
    for (const run of agent.runs()) {
      for (const [taskId, { info, live }] of run.tasks) {
        if (live) list.push({ taskId, key: keyOf(info), agent });
      }
    }
  }
  return list;
}
