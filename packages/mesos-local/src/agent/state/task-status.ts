// The status updates that the agent makes itself, and what it adds to those of executors (pure).
import {
  type CommandInfo,
  type ExecutorInfo,
  type FrameworkInfo,
  newUuid,
  type TaskInfo,
  type TaskStatus,
} from "@cke/mesos";
import { type Ending, type ExecutorRun, hasCapability } from "./agent-state.ts";

interface AgentStatusInput {
  readonly taskId: string;
  readonly agentId: string;
  readonly executorId?: string;
  readonly ending: Ending;
  /** UNIX milliseconds. */
  readonly now: number;
}

export function agentStatus(input: AgentStatusInput): TaskStatus {
  return {
    task_id: { value: input.taskId },
    state: input.ending.state,
    message: input.ending.message,
    source: "SOURCE_AGENT",
    reason: input.ending.reason,
    agent_id: { value: input.agentId },
    ...(input.executorId === undefined ? {} : { executor_id: { value: input.executorId } }),
    timestamp: input.now / 1000,
    uuid: newUuid(),
  };
}

/** TASK_LOST for frameworks that are not PARTITION_AWARE. */
export function droppedState(info: FrameworkInfo): "TASK_DROPPED" | "TASK_LOST" {
  return hasCapability(info, "PARTITION_AWARE") ? "TASK_DROPPED" : "TASK_LOST";
}

export function goneState(info: FrameworkInfo): "TASK_GONE" | "TASK_LOST" {
  return hasCapability(info, "PARTITION_AWARE") ? "TASK_GONE" : "TASK_LOST";
}

export const executorTerminated: Ending = {
  state: "TASK_FAILED",
  reason: "REASON_EXECUTOR_TERMINATED",
  message: "Executor terminated",
};

interface EnrichInput {
  readonly status: TaskStatus;
  readonly run: ExecutorRun;
  readonly agentId: string;
  readonly ip: string;
  /** UNIX milliseconds; used when the executor gave no timestamp. */
  readonly now: number;
  /** False for a task that the agent did not launch: such an update passes without container status. */
  readonly known: boolean;
}

/** The update as it is forwarded: agent, executor and container are filled in. */
export function enrichStatus(input: EnrichInput): TaskStatus {
  const { status, run, known } = input;
  return {
    ...status,
    agent_id: { value: input.agentId },
    executor_id: { value: run.key.executor },
    timestamp: status.timestamp ?? input.now / 1000,
    ...(known ? { container_status: containerStatus(status, run, input.ip) } : {}),
  };
}

function containerStatus(status: TaskStatus, run: ExecutorRun, ip: string) {
  const given = status.container_status;
  // A nested container (a task of the default executor) is described as it is: before it runs and after it there is only
  // its id.
  if (given?.container_id?.parent !== undefined) return given;
  const networks = given?.network_infos ?? [{ ip_addresses: [{ ip_address: ip }] }];
  return {
    ...given,
    container_id: given?.container_id ?? { value: run.key.container },
    network_infos: networks.map((network) => ({
      ...network,
      ip_addresses: (network.ip_addresses ?? []).map((address) => ({ protocol: "IPv4", ...address })),
    })),
    ...(run.process === undefined ? {} : { executor_pid: run.process.identity.pid }),
  };
}

/** The executor that the agent makes for a task with a command of its own: executor id = task id. Recorded: task-failures. */
export function commandExecutorInfo(task: TaskInfo, frameworkId: string): ExecutorInfo {
  const id = task.task_id.value;
  return {
    executor_id: { value: id },
    framework_id: { value: frameworkId },
    name: `Command Executor (Task: ${id}) (Command: ${commandText(task.command ?? {})})`,
    source: id,
    ...(task.container === undefined ? {} : { container: task.container }),
  };
}

const mostCharacters = 15;

/** The beginning of a command, as Mesos names its executor (Slave::getExecutorInfo). */
function commandText({ shell = true, value, arguments: list = [] }: CommandInfo): string {
  if (value === undefined) return shell ? "NO COMMAND" : "NO EXECUTABLE";
  const short = (text: string) => (text.length > mostCharacters ? `${text.slice(0, mostCharacters - 3)}...` : text);
  return shell ? `sh -c '${short(value)}'` : `[${short(`${value}, ${list.join(", ")}`)}]`;
}
