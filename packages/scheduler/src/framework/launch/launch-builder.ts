// From a rendered node and the resources that an offer gave to ExecutorInfo, TaskInfos and the record that is stored before
// ACCEPT. Pure. Nothing in them is secret: everybody who may see Mesos' state can read them.
import type { ExecutorInfo, Resource, TaskInfo } from "@cke/mesos";
import { type ClusterPeers, ExecutorConfig, type KubeNodeTask, TaskData } from "@cke/protocol";
import { cleanupOf } from "../../kubernetes/rendering/cleanup-task.ts";
import type { NodeOutline } from "../../kubernetes/rendering/node-outline.ts";
import type { RenderedNode, RenderedProcess } from "../../kubernetes/rendering/node-renderer.ts";
import { nodeShare, processShare } from "../../kubernetes/rendering/task-shares.ts";
import { attemptOf, type LaunchRecord, newTaskRecord, type TaskRecord } from "../../workload/records/records.ts";
import { executorIdOf, taskIdOf } from "../../workload/records/task-ids.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import type { RequestPart } from "../offer-fit/placement-request.ts";
import type { FrameworkOptions } from "../ports/dependencies.ts";

/** Time an executor has to stop its container on SHUTDOWN; Mesos' default of 5 s would leave the container behind. */
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
 * A master refuses a task group whose executor has no disk ("uses no disk", src/master/validation.cpp). As much as a sandbox
 * needs, for agents with the disk/du isolator hold it to that: the executor's file, and what it logs. MiB.
 */
const podExecutorDisk = 256;

/** Resources of a node's launch by part: executor, node task, then the processes in order. `pod`: as a task group. */
export function partsOf(outline: NodeOutline, pod = false): readonly RequestPart[] {
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

/** Says of a launch that is in no record any more which task holds what its one-shots need. */
const oneShotLabel = { "cke.one-shots-held-by": "node" } as const;

interface TaskParts {
  readonly kubeNode: KubeNodeTask;
  readonly process: string;
  readonly taskId: string;
  readonly configHash: string;
  readonly agentId: string;
  readonly executor: ExecutorInfo;
  readonly resources: readonly Resource[];
  readonly data: Uint8Array;
}

function taskInfo(parts: TaskParts): TaskInfo {
  const { cluster, node } = parts.kubeNode;
  return {
    name: parts.process === "" ? `${cluster}.${node}` : `${cluster}.${node}.${parts.process}`,
    task_id: { value: parts.taskId },
    agent_id: { value: parts.agentId },
    resources: parts.resources,
    executor: parts.executor,
    data: base64(parts.data),
    labels: labels({
      "cke.cluster": cluster,
      "cke.node": node,
      "cke.process": parts.process,
      "cke.config-hash": parts.configHash,
      "cke.kind": parts.process === "" ? "kubenode" : "process",
    }),
  };
}

function executorInfo(
  executorId: string,
  rendered: RenderedNode,
  incarnation: string,
  resources: readonly Resource[],
  frameworkId: string,
  options: FrameworkOptions,
  contentPath: string | undefined,
  more: Readonly<Record<string, string>>,
): ExecutorInfo {
  const { cluster, node } = rendered.kubeNode;
  const config = ExecutorConfig.encode({
    frameworkName: options.name,
    workload: cluster,
    unit: node,
    incarnation,
    logLevel: options.logLevel,
  });
  return {
    type: "CUSTOM",
    executor_id: { value: executorId },
    framework_id: { value: frameworkId },
    name: `${cluster}.${node}`,
    source: cluster,
    command: {
      shell: false,
      value: `./${options.executor}`,
      arguments: [`./${options.executor}`],
      uris: [
        {
          value: `${options.executorUrl}/${contentPath ?? `exec/${options.executor}`}`,
          executable: true,
          // An executable is never extracted; said so that the master's answers, which print defaults, are what was launched.
          extract: false,
          // Only a URL that changes with the content may be cached: the fetcher never asks again.
          cache: contentPath !== undefined,
          output_file: options.executor,
        },
      ],
    },
    resources,
    data: base64(config),
    shutdown_grace_period: { nanoseconds: shutdownGraceNanoseconds },
    // What a record can be made of again, should the store forget it.
    labels: labels({ "cke.cluster": cluster, "cke.node": node, ...more }),
  };
}

function processTask(
  launch: Pick<LaunchRecord, "agentId" | "executorId">,
  executor: ExecutorInfo,
  rendered: RenderedNode,
  process: RenderedProcess,
  resources: readonly Resource[],
  taskId: string,
): TaskInfo {
  return taskInfo({
    kubeNode: rendered.kubeNode,
    process: process.name,
    taskId,
    configHash: process.configHash,
    agentId: launch.agentId,
    executor,
    resources,
    data: TaskData.encode({ task: { kind: "process", value: { spec: process.spec } } }),
  });
}

export interface BuiltLaunch {
  readonly launch: LaunchRecord;
  readonly tasks: readonly TaskInfo[];
}

/** A whole node. `resources` are by part, as `partsOf` lists them. */
export function buildLaunch(input: {
  readonly rendered: RenderedNode;
  readonly incarnation: string;
  readonly target: LaunchTarget;
  readonly resources: readonly (readonly Resource[])[];
  readonly frameworkId: string;
  readonly options: FrameworkOptions;
  readonly contentPath: string | undefined;
  /** The node's life, as its record has it. */
  readonly instance: string;
  /** The cluster's nodes as they are now; no part of the rendering. Undefined: the container has what it needs. */
  readonly peers: ClusterPeers | undefined;
  /** True for an incarnation that is launched only to be killed. */
  readonly cleanup: boolean;
  /** True for a node whose tasks are launched as one group. */
  readonly pod: boolean;
  readonly now: number;
}): BuiltLaunch {
  const { incarnation, instance, target, options, frameworkId, cleanup, now } = input;
  const rendered = cleanup ? cleanupOf(input.rendered) : input.rendered;
  const [forExecutor = [], forNode = [], ...forProcesses] = input.resources;
  const { cluster, node } = rendered.kubeNode;
  const executorId = executorIdOf(cluster, node, incarnation);
  // Not part of the rendering: its hash is of what was asked for, and that may be the same in two lives.
  const life: Readonly<Record<string, string>> = instance === "" ? {} : { "cke.instance": instance };
  const executor = executorInfo(
    executorId,
    rendered,
    incarnation,
    forExecutor,
    frameworkId,
    options,
    input.contentPath,
    { ...life, ...(cleanup ? {} : oneShotLabel), ...(input.pod && !cleanup ? { "cke.pod": "true" } : {}) },
  );
  const nodeLabels = { ...rendered.kubeNode.labels, ...life };
  const peers = cleanup ? undefined : input.peers;
  const kubeNode: KubeNodeTask = { ...rendered.kubeNode, labels: nodeLabels, incarnation, frameworkId, peers };
  const record = (process: string, configHash: string): TaskRecord =>
    newTaskRecord({ taskId: taskIdOf(executorId, process), process, configHash, failures: 0 }, now);
  const nodeRecord = record("", rendered.configHash);
  const nodeTask = taskInfo({
    kubeNode,
    process: "",
    taskId: nodeRecord.taskId,
    configHash: rendered.configHash,
    agentId: target.agentId,
    executor,
    resources: forNode,
    data: TaskData.encode({ task: { kind: "kubeNode", value: kubeNode } }),
  });
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
      tasks: [nodeRecord, ...rendered.processes.map(({ name, configHash }) => record(name, configHash))],
    },
    tasks: [
      nodeTask,
      ...rendered.processes.map((process, index) =>
        processTask(ids, executor, rendered, process, forProcesses[index] ?? [], taskIdOf(executorId, process.name)),
      ),
    ],
  };
}

/** A process that ended alone, again in its node's executor. `executor` is the ExecutorInfo of the launch, unchanged. */
export function buildRelaunch(input: {
  readonly launch: LaunchRecord;
  readonly executor: ExecutorInfo;
  readonly rendered: RenderedNode;
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
    tasks: [processTask(launch, input.executor, input.rendered, process, input.resources, taskId)],
  };
}
