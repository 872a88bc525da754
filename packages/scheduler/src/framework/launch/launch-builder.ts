// Makes ExecutorInfo, TaskInfos and the record that is stored before ACCEPT, from a rendered unit and the resources of
// an offer. Pure. Nothing in them is secret, because everybody who reaches Mesos' API can read them.
import type { Resource, TaskInfo } from "@cke/mesos";
import type { RenderedUnit } from "../../workload/kinds/workload-kind.ts";
import { type LaunchRecord, newTaskRecord } from "../../workload/records/records.ts";
import { executorIdOf, taskIdOf } from "../../workload/records/task-ids.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import { buildTask } from "./joining-tasks.ts";
import type { PlacedTask } from "./launch-parts.ts";
import { executorInfo, type LaunchedUnit, taskInfo } from "./task-info.ts";

export interface LaunchTarget {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
}

/** Label that says for a launch in no record which task holds what its one-shots need. */
const oneShotLabel = { "cke.one-shots-held-by": "node" } as const;

export interface BuiltLaunch {
  readonly launch: LaunchRecord;
  readonly tasks: readonly TaskInfo[];
}

/** A whole unit. */
export function buildLaunch(input: {
  readonly unit: LaunchedUnit;
  readonly rendered: RenderedUnit;
  readonly incarnation: string;
  readonly target: LaunchTarget;
  readonly forExecutor: readonly Resource[];
  /** Of the unit's own task. */
  readonly forUnit: readonly Resource[];
  /** The tasks beside it. */
  readonly placed: readonly PlacedTask[];
  readonly frameworkId: string;
  readonly options: FrameworkOptions;
  /** The unit's instance, as its record has it; of a clean-up the one that it is for. */
  readonly instance: string;
  /** True for an incarnation that is launched only to be killed. It has no processes. */
  readonly cleanup: boolean;
  /** True for a clean-up that leaves the unit's data. */
  readonly keepsData?: boolean | undefined;
  /** True for a unit whose tasks are launched as one group. */
  readonly pod: boolean;
  readonly now: number;
}): BuiltLaunch {
  const { unit, rendered, incarnation, instance, target, options, frameworkId, cleanup, keepsData, now } = input;
  const executorId = executorIdOf(unit, incarnation);
  const executor = executorInfo(executorId, unit, incarnation, input.forExecutor, frameworkId, options, {
    ...(instance === "" ? {} : { "cke.instance": instance }),
    ...(cleanup ? {} : oneShotLabel),
    ...(input.pod && !cleanup ? { "cke.pod": "true" } : {}),
  });
  const { configHash, killGraceMs } = rendered;
  const unitRecord = newTaskRecord({ taskId: taskIdOf(executorId, ""), process: "", configHash, failures: 0 }, now);
  const unitTask = taskInfo({
    unit,
    process: "",
    taskId: unitRecord.taskId,
    configHash,
    agentId: target.agentId,
    executor,
    resources: input.forUnit,
    data: rendered.data({ incarnation, frameworkId, instance, cleanup, keepsData }),
    killGraceMs,
  });
  const launch: Omit<LaunchRecord, "tasks"> = {
    ...target,
    executorId,
    incarnation,
    configHash,
    cleanup,
    ...(keepsData === true ? { keepsData } : {}),
    ...(cleanup ? { instance } : {}),
    evicted: "",
    ...(input.pod && !cleanup ? { pod: true } : {}),
    ...(cleanup ? {} : { oneShotsHeldByUnit: true }),
    ...(killGraceMs === undefined ? {} : { killGraceMs }),
    executor,
    createdAtMs: now,
    readyAtMs: 0,
  };
  const joined = { launch, executor, unit, rendered, now };
  const beside = input.placed.map((one) => {
    const built = buildTask(joined, one, undefined);
    if (built === undefined) throw new Error(`the rendering has no process for the task ${one.name}`);
    return built;
  });
  return {
    launch: { ...launch, tasks: [unitRecord, ...beside.map(({ record }) => record)] },
    tasks: [unitTask, ...beside.map(({ info }) => info)],
  };
}
