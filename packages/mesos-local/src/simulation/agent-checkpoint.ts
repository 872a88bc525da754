// What a simulated agent knows of frameworks and their executors, in the form in which it registers.
import type { FrameworkInfo } from "@cke/mesos";
import type { StatusUpdateStreams } from "../agent/status-updates/status-update-streams.ts";
import type { CheckpointedFramework } from "../link/index.ts";
import type { SimulatedRun } from "./simulated-run.ts";

export interface KnownFramework {
  info: FrameworkInfo;
  readonly runs: Map<string, SimulatedRun>;
  removed: boolean;
}

export function checkpointOf(
  frameworks: ReadonlyMap<string, KnownFramework>,
  updates: Pick<StatusUpdateStreams, "pending">,
): CheckpointedFramework[] {
  return [...frameworks]
    .filter(([, { removed }]) => !removed)
    .map(([id, { info, runs }]) => ({
      framework_id: { value: id },
      framework_info: info,
      executors: [...runs.values()].map((run) => ({
        executor_info: run.info,
        command_executor: false,
        tasks: [...run.tasks].map(([taskId, { info: task, latest }]) => ({
          task,
          ...(latest === undefined ? {} : { latest }),
          unacknowledged: [...updates.pending(id, taskId)],
        })),
      })),
    }));
}
