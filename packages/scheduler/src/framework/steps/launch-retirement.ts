// Takes launches that are over out of their unit's record: the present one, so that the next may begin, and superseded
// ones. Before that it stores the order to remove data, if it is still to be carried out.
import type { Clock } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { afresh } from "../../workload/plans/expectation.ts";
import { type LaunchRecord, type UnitRecord, unitTaskOf, type WorkloadRecord } from "../../workload/records/records.ts";
import { isBeingRemoved } from "../../workload/records/removal-state.ts";
import { isStateful, relaunchOf } from "../../workload/records/workload-spec.ts";
import { retire } from "../../workload/steps/retirement.ts";
import { retireSuperseded } from "../../workload/steps/superseded.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { OrphanRemovals } from "../tasks/orphan-removals.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { ChangesRecord } from "./step-table.ts";

export interface LaunchRetirementParts {
  readonly clock: Clock;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  readonly orphanRemovals: Pick<OrphanRemovals, "add">;
  /** Called for every task that is in no record any more. */
  readonly forgotten: (taskId: string) => void;
}

/** True when the unit ended because it was asked to, and without a failure on the way. */
function isAskedStop(workload: WorkloadRecord, { unit, launch }: UnitRecord): boolean {
  if (launch === undefined) return false;
  if (launch.stopBegan !== true && wishOf(workload, unit) !== "stop") return false;
  return unitTaskOf(launch)?.state === "TASK_KILLED";
}

/** `retire-launch`: the launch is over. */
export function retireLaunch(parts: LaunchRetirementParts): ChangesRecord<"retire-launch"> {
  const { clock, logs, kinds, orphanRemovals, forgotten } = parts;
  return {
    changes: async ({ workload, record }) => {
      const { launch } = record;
      if (isBeingRemoved(workload, record.unit) && launch !== undefined)
        await orphanRemovals.add(record.instance, [launch]);
      const now = clock.now();
      const stateful = isStateful(workload.spec, record.unit);
      const relaunch = relaunchOf(workload.spec, record.unit);
      const retired = retire(record, { now, stateful, rules: kinds.of(workload).rules, relaunch });
      return {
        record: isAskedStop(workload, record) ? afresh(retired, now) : retired,
        stored: () => {
          forgetTasks(launch, forgotten);
          const task = launch === undefined ? undefined : unitTaskOf(launch);
          const words = task === undefined ? "" : `: ${describeEnd(task)}`;
          const level = wishOf(workload, record.unit) === "run" ? "warning" : "info";
          const text = `incarnation ${launch?.incarnation ?? ""} ended${words}`;
          logs.line(level, workload.spec.name, text, { unit: record.unit });
        },
      };
    },
  };
}

/** `retire-superseded`: an earlier launch of which nothing runs any more. */
export function retireSupersededLaunch(parts: LaunchRetirementParts): ChangesRecord<"retire-superseded"> {
  const { clock, logs, kinds, orphanRemovals, forgotten } = parts;
  return {
    changes: async ({ workload, record }, { incarnation, explanation }) => {
      const left = retireSuperseded(record, incarnation, { now: clock.now(), rules: kinds.of(workload).rules });
      const ended = record.superseded.filter((launch) => !left.superseded.includes(launch));
      if (isBeingRemoved(workload, record.unit)) await orphanRemovals.add(record.instance, ended);
      return {
        record: left,
        stored: () => {
          logs.line("info", record.workload, explanation, { unit: record.unit });
          for (const launch of ended) forgetTasks(launch, forgotten);
        },
      };
    },
  };
}

function forgetTasks(launch: LaunchRecord | undefined, forgotten: (taskId: string) => void): void {
  for (const { taskId } of launch?.tasks ?? []) forgotten(taskId);
}
