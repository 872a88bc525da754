// Builders of the tasks that a scheduler launches.
import type { LaunchedTask } from "@cke/executor-core";
import {
  KubeNodeTask,
  type KubeNodeTaskInit,
  NodeProcesses,
  type NodeProcessesInit,
  ProcessSpec,
  type ProcessSpecInit,
  type ProcessTaskInit,
  SchedulerMessage,
  TaskData,
} from "@cke/protocol";

export function nodeTask(init: KubeNodeTaskInit = {}): KubeNodeTask {
  return KubeNodeTask.create({
    cluster: "c",
    node: "n",
    nodeType: "master",
    image: "kube-node:1",
    network: "net",
    ip: "192.168.0.80",
    incarnation: "1",
    ...init,
  });
}

export function processSpec(name: string, init: ProcessSpecInit = {}): ProcessSpec {
  return ProcessSpec.create({ name, type: name, command: [`/bin/${name}`], ...init });
}

function launched(id: string, data: Uint8Array): LaunchedTask {
  return {
    id,
    name: id,
    data,
    info: { name: id, task_id: { value: id }, agent_id: { value: "agent" } },
  };
}

export function launchNode(
  task: KubeNodeTask,
  id = `cke.${task.cluster}.${task.node}.${task.incarnation}.node`,
): LaunchedTask {
  return launched(id, TaskData.encode({ task: { kind: "kubeNode", value: task } }));
}

export function launchProcess(
  spec: ProcessSpec,
  id = `cke.c.n.1.${spec.name}`,
  more: Omit<ProcessTaskInit, "spec"> = {},
): LaunchedTask {
  return launched(id, TaskData.encode({ task: { kind: "process", value: { spec, ...more } } }));
}

/** A task that only holds resources of a process. */
export function launchResources(process: string, id: string): LaunchedTask {
  return launched(id, TaskData.encode({ task: { kind: "resources", value: { process } } }));
}

/** The scheduler's message about what processes are to be from now on. */
export function processOrder(processes: readonly ProcessTaskInit[], limits: NodeProcessesInit = {}): Uint8Array {
  const state = NodeProcesses.encode({ processes, ...limits });
  return SchedulerMessage.encode({ message: { kind: "unitState", value: { state } } });
}

export function unreadable(id: string): LaunchedTask {
  return launched(id, new Uint8Array([0x0a, 0xff]));
}
