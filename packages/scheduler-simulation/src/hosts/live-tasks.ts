// The tasks that really run on the agents of a simulated Mesos, whatever the master or the store says.
import type { InMemoryMesos, SimulatedAgent } from "@cke/mesos-local/simulation";
import { identityIn } from "@cke/scheduler/workload/records/identity";

export interface LiveTask {
  readonly taskId: string;
  /** `<workload>/<unit>/<process>`; the process is empty for the unit's own task. */
  readonly key: string;
  readonly agent: SimulatedAgent;
}

const labelOf = (
  info: { readonly labels?: { readonly labels?: readonly { readonly key: string; readonly value?: string }[] } },
  key: string,
) => info.labels?.labels?.find((label) => label.key === key)?.value;

/** All tasks that really run. */
export function liveTasks(mesos: InMemoryMesos): readonly LiveTask[] {
  const list: LiveTask[] = [];
  for (const agent of mesos.agents.values()) {
    for (const run of agent.runs()) {
      for (const [taskId, { info, live }] of run.tasks) {
        if (!live) continue;
        const { workload, unit } = identityIn((name) => labelOf(info, name));
        const key = `${workload}/${unit}/${labelOf(info, "cke.process") ?? ""}`;
        list.push({ taskId, key, agent });
      }
    }
  }
  return list;
}
