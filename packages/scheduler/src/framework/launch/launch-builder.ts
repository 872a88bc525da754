// Makes ExecutorInfo, TaskInfos and the record that is stored before ACCEPT, from a rendered unit and the resources of
// an offer. Pure. Nothing in them is secret, because everybody who reaches Mesos' API can read them.
import type { ExecutorInfo, Resource, TaskInfo } from "@cke/mesos";
import { ExecutorConfig } from "@cke/protocol";
import type { RenderedProcess, RenderedUnit } from "../../workload/kinds/workload-kind.ts";
import { nodeShare, processShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { identityLabels, type UnitIdentity, unitTaskKind } from "../../workload/records/identity.ts";
import { attemptOf, type LaunchRecord, newTaskRecord, type TaskRecord } from "../../workload/records/records.ts";
import { executorIdOf, taskIdOf } from "../../workload/records/task-ids.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import type { RequestPart } from "../offer-fit/placement-request.ts";
import type { FrameworkOptions } from "../ports/dependencies.ts";

/**
 * The time in which an executor stops its container after SHUTDOWN. With Mesos' default of 5 s the container would
 * stay.
 */
const shutdownGraceNanoseconds = 60_000_000_000;

export interface LaunchTarget {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const labels = (entries: Readonly<Record<string, string>>) => ({
  labels: Object.entries(entries).map(([key, value]) => ({ key, value })),
});

/**
 * A Mesos master refuses a task group whose executor has no disk ("uses no disk", src/master/validation.cpp). In MiB;
 * enough for the executor's file and its log, because agents with the disk/du isolator enforce it.
 */
const podExecutorDisk = 256;

/**
 * The resources of a launch by part: executor, the unit's own task, then the processes in order. `pod`: as a task
 * group.
 */
export function partsOf(outline: UnitOutline, pod = false): readonly RequestPart[] {
  const part = ({ cpu, mem }: { readonly cpu: number; readonly mem: number }): RequestPart => ({
    cpus: cpu,
    mem,
    ports: [],
  });
  return [
    { ...part(outline.executor), ...(pod ? { disk: podExecutorDisk } : {}) },
    { ...part(nodeShare(outline)), ports: outline.hostPorts },
    ...outline.processes.map((process) => part(processShare(process))),
  ];
}

/** Label that says for a launch in no record which task holds what its one-shots need. */
const oneShotLabel = { "cke.one-shots-held-by": "node" } as const;

/** The unit of an executor, and the executor's program. */
export interface LaunchedUnit extends UnitIdentity {
  /** File name of the executor's program. */
  readonly program: string;
  /** Path of the program below the executor URL that changes with its content; undefined: only its name. */
  readonly contentPath: string | undefined;
}

interface TaskParts {
  readonly unit: UnitIdentity;
  readonly process: string;
  readonly taskId: string;
  readonly configHash: string;
  readonly agentId: string;
  readonly executor: ExecutorInfo;
  readonly resources: readonly Resource[];
  readonly data: Uint8Array;
}

function taskInfo(parts: TaskParts): TaskInfo {
  const { kind, workload, unit } = parts.unit;
  return {
    name: parts.process === "" ? `${workload}.${unit}` : `${workload}.${unit}.${parts.process}`,
    task_id: { value: parts.taskId },
    agent_id: { value: parts.agentId },
    resources: parts.resources,
    executor: parts.executor,
    data: base64(parts.data),
    labels: labels({
      ...identityLabels(parts.unit),
      "cke.process": parts.process,
      "cke.config-hash": parts.configHash,
      "cke.kind": parts.process === "" ? unitTaskKind(kind) : "process",
    }),
  };
}

function executorInfo(
  executorId: string,
  launched: LaunchedUnit,
  incarnation: string,
  resources: readonly Resource[],
  frameworkId: string,
  options: FrameworkOptions,
  more: Readonly<Record<string, string>>,
): ExecutorInfo {
  const { workload, unit, program, contentPath } = launched;
  const config = ExecutorConfig.encode({
    frameworkName: options.name,
    workload,
    unit,
    incarnation,
    logLevel: options.logLevel,
  });
  return {
    type: "CUSTOM",
    executor_id: { value: executorId },
    framework_id: { value: frameworkId },
    name: `${workload}.${unit}`,
    source: workload,
    command: {
      shell: false,
      value: `./${program}`,
      arguments: [`./${program}`],
      uris: [
        {
          value: `${options.executorUrl}/${contentPath ?? `exec/${program}`}`,
          executable: true,
          // An executable is never extracted. It is set explicitly, so that it equals what the master returns with its
          // defaults.
          extract: false,
          // The fetcher never asks again for a cached URL, so only a URL that changes with the content may be cached.
          cache: contentPath !== undefined,
          output_file: program,
        },
      ],
    },
    resources,
    data: base64(config),
    shutdown_grace_period: { nanoseconds: shutdownGraceNanoseconds },
    // From these labels a record can be made again if the store has lost it.
    labels: labels({ ...identityLabels(launched), ...more }),
  };
}

function processTask(
  launch: Pick<LaunchRecord, "agentId" | "executorId">,
  executor: ExecutorInfo,
  unit: UnitIdentity,
  process: RenderedProcess,
  resources: readonly Resource[],
  taskId: string,
): TaskInfo {
  return taskInfo({
    unit,
    process: process.name,
    taskId,
    configHash: process.configHash,
    agentId: launch.agentId,
    executor,
    resources,
    data: process.data(),
  });
}

export interface BuiltLaunch {
  readonly launch: LaunchRecord;
  readonly tasks: readonly TaskInfo[];
}

/** A whole unit. `resources` are by part, as `partsOf` lists them. */
export function buildLaunch(input: {
  readonly unit: LaunchedUnit;
  readonly rendered: RenderedUnit;
  readonly incarnation: string;
  readonly target: LaunchTarget;
  readonly resources: readonly (readonly Resource[])[];
  readonly frameworkId: string;
  readonly options: FrameworkOptions;
  /** The unit's instance, as its record has it. */
  readonly instance: string;
  /** True for an incarnation that is launched only to be killed. */
  readonly cleanup: boolean;
  /** True for a unit whose tasks are launched as one group. */
  readonly pod: boolean;
  readonly now: number;
}): BuiltLaunch {
  const { unit, rendered, incarnation, instance, target, options, frameworkId, cleanup, now } = input;
  const [forExecutor = [], forUnit = [], ...forProcesses] = input.resources;
  const executorId = executorIdOf(unit, incarnation);
  const executor = executorInfo(executorId, unit, incarnation, forExecutor, frameworkId, options, {
    ...(instance === "" ? {} : { "cke.instance": instance }),
    ...(cleanup ? {} : oneShotLabel),
    ...(input.pod && !cleanup ? { "cke.pod": "true" } : {}),
  });
  const record = (process: string, configHash: string): TaskRecord =>
    newTaskRecord({ taskId: taskIdOf(executorId, process), process, configHash, failures: 0 }, now);
  const unitRecord = record("", rendered.configHash);
  const unitTask = taskInfo({
    unit,
    process: "",
    taskId: unitRecord.taskId,
    configHash: rendered.configHash,
    agentId: target.agentId,
    executor,
    resources: forUnit,
    data: rendered.data({ incarnation, frameworkId, instance, cleanup }),
  });
  // A launch that is only to be killed has no processes.
  const processes = cleanup ? [] : rendered.processes;
  const ids = { agentId: target.agentId, executorId };
  return {
    launch: {
      ...target,
      ...ids,
      incarnation,
      configHash: rendered.configHash,
      cleanup,
      evicted: "",
      ...(input.pod && !cleanup ? { pod: true } : {}),
      ...(cleanup ? {} : { oneShotsHeldByNode: true }),
      executor,
      createdAtMs: now,
      readyAtMs: 0,
      tasks: [unitRecord, ...processes.map(({ name, configHash }) => record(name, configHash))],
    },
    tasks: [
      unitTask,
      ...processes.map((process, index) =>
        processTask(ids, executor, unit, process, forProcesses[index] ?? [], taskIdOf(executorId, process.name)),
      ),
    ],
  };
}

/**
 * A process that ended alone, launched again in its unit's executor. `executor` is the ExecutorInfo of the launch,
 * unchanged.
 */
export function buildRelaunch(input: {
  readonly launch: LaunchRecord;
  readonly executor: ExecutorInfo;
  readonly unit: UnitIdentity;
  readonly process: RenderedProcess;
  readonly old: TaskRecord;
  readonly resources: readonly Resource[];
  readonly now: number;
}): BuiltLaunch {
  const { launch, process, old, now } = input;
  const attempt = attemptOf(old) + 1;
  const taskId = taskIdOf(launch.executorId, process.name, attempt);
  const { failures } = old;
  const failure = failureOf(old);
  const record = newTaskRecord(
    { taskId, process: process.name, configHash: process.configHash, failures, attempt, failure },
    now,
  );
  return {
    launch: { ...launch, tasks: launch.tasks.map((task) => (task.taskId === old.taskId ? record : task)) },
    tasks: [processTask(launch, input.executor, input.unit, process, input.resources, taskId)],
  };
}
