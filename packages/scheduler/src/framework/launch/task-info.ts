// The ExecutorInfo and the TaskInfos of a launch, as Mesos gets them. Pure. Nothing in them is secret, because everybody who reaches
// Mesos' API can read them.
import type { ExecutorInfo, Resource, TaskInfo } from "@cke/mesos";
import { ExecutorConfig } from "@cke/protocol";
import { identityLabels, type UnitIdentity, unitTaskKind } from "../../workload/records/identity.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";

/** The time in which an executor stops its unit after SHUTDOWN. With Mesos' default of 5 s what it runs would stay. */
const shutdownGraceNanoseconds = 60_000_000_000;

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const labels = (entries: Readonly<Record<string, string>>) => ({
  labels: Object.entries(entries).map(([key, value]) => ({ key, value })),
});

/** The unit of an executor, and the executor's program. */
export interface LaunchedUnit extends UnitIdentity {
  /** File name of the executor's program. */
  readonly program: string;
  /** Path of the program below the executor URL that changes with its content; undefined: only its name. */
  readonly contentPath: string | undefined;
}

export interface TaskParts {
  readonly unit: UnitIdentity;
  readonly process: string;
  readonly taskId: string;
  readonly configHash: string;
  readonly agentId: string;
  readonly executor: ExecutorInfo;
  readonly resources: readonly Resource[];
  readonly data: Uint8Array;
  /** Of its kill policy; absent: it has none. */
  readonly killGraceMs?: number | undefined;
}

export function taskInfo(parts: TaskParts): TaskInfo {
  const { kind, workload, unit } = parts.unit;
  const { killGraceMs } = parts;
  return {
    name: parts.process === "" ? `${workload}.${unit}` : `${workload}.${unit}.${parts.process}`,
    task_id: { value: parts.taskId },
    agent_id: { value: parts.agentId },
    resources: parts.resources,
    executor: parts.executor,
    data: base64(parts.data),
    ...(killGraceMs === undefined ? {} : { kill_policy: { grace_period: { nanoseconds: killGraceMs * 1_000_000 } } }),
    labels: labels({
      ...identityLabels(parts.unit),
      "cke.process": parts.process,
      "cke.config-hash": parts.configHash,
      "cke.kind": parts.process === "" ? unitTaskKind(kind) : "process",
    }),
  };
}

export function executorInfo(
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
