// The meaning of each of Mesos' reasons for the next launch, and its text for an operator. The list is that of
// mesos.proto. For any other reason (a newer Mesos) only the task's state counts.
import type { TaskStatusReason } from "@cke/mesos";

/**
 * - `race`: the launch met a change of offers, agents or Mesos masters. Tried again at once; it is no failure.
 * - `moved`: its agent was taken away on purpose. Tried elsewhere at once; it is no failure.
 * - `crash`: tried again with backoff.
 * - `limit`: it would end the same way until somebody changes something. Tried again slowly.
 * - `invalid`: Mesos refuses the request. Not tried again by itself.
 * - `state`: the reason says nothing about an end; the state decides.
 */
export type ReasonKind = "race" | "moved" | "crash" | "limit" | "invalid" | "state";

interface ReasonMeaning {
  readonly kind: ReasonKind;
  /**
   * What it means or what to do; "" when Mesos' own message says all. For a `crash` it is a guess, used only when there
   * is no better text.
   */
  readonly advice: string;
}

const meaning = (kind: ReasonKind, advice = ""): ReasonMeaning => ({ kind, advice });

const meanings: Readonly<Record<TaskStatusReason, ReasonMeaning>> = {
  REASON_COMMAND_EXECUTOR_FAILED: meaning("crash", "the command ended"),
  REASON_CONTAINER_LAUNCH_FAILED: meaning(
    "crash",
    "the agent could not start the executor, often because its download failed: see stderr in the executor's sandbox and -executor_url",
  ),
  REASON_CONTAINER_LIMITATION: meaning("limit", "the agent ended it for exceeding a limit: raise its resources"),
  REASON_CONTAINER_LIMITATION_DISK: meaning("limit", "out of disk: free space in its sandbox's file system"),
  REASON_CONTAINER_LIMITATION_MEMORY: meaning("limit", "out of memory: raise mem"),
  REASON_CONTAINER_PREEMPTED: meaning("moved", "its resources were taken back"),
  REASON_CONTAINER_UPDATE_FAILED: meaning("crash", "the agent could not change the limits of the executor's container"),
  REASON_MAX_COMPLETION_TIME_REACHED: meaning("limit", "it ran longer than it was allowed to"),
  REASON_EXECUTOR_REGISTRATION_TIMEOUT: meaning(
    "crash",
    "the executor did not subscribe in time: the agent's --executor_registration_timeout may be too short for its download",
  ),
  REASON_EXECUTOR_REREGISTRATION_TIMEOUT: meaning(
    "crash",
    "the executor did not come back in time after its agent restarted: raise the agent's --executor_reregistration_timeout",
  ),
  REASON_EXECUTOR_TERMINATED: meaning("crash", "the executor ended: see stderr in its sandbox"),
  REASON_EXECUTOR_UNREGISTERED: meaning("crash", "the executor ended before it subscribed: see stderr in its sandbox"),
  REASON_FRAMEWORK_REMOVED: meaning("crash", "Mesos removed the framework"),
  REASON_GC_ERROR: meaning("crash", "the agent could not keep the sandbox from being collected"),
  REASON_INVALID_FRAMEWORKID: meaning("race", "the framework was not known to the Mesos master at that moment"),
  REASON_INVALID_OFFERS: meaning("race", "the offer was gone"),
  REASON_IO_SWITCHBOARD_EXITED: meaning("crash", "the agent's input and output server of the container ended"),
  REASON_MASTER_DISCONNECTED: meaning("race", "there was no connection to the Mesos master"),
  REASON_RECONCILIATION: meaning("state"),
  REASON_RESOURCES_UNKNOWN: meaning("race", "the agent did not know the reserved resources yet"),
  REASON_AGENT_DISCONNECTED: meaning("race", "the agent was not connected to the Mesos master"),
  REASON_AGENT_DRAINING: meaning("moved", "its agent is being drained"),
  REASON_AGENT_REMOVED: meaning("moved", "Mesos removed its agent"),
  REASON_AGENT_REMOVED_BY_OPERATOR: meaning("moved", "an operator removed its agent"),
  REASON_AGENT_REREGISTERED: meaning("state"),
  REASON_AGENT_RESTARTED: meaning("crash", "its agent restarted and did not find the executor again"),
  REASON_AGENT_UNKNOWN: meaning("race", "the Mesos master did not know the agent"),
  REASON_TASK_KILLED_DURING_LAUNCH: meaning("state"),
  REASON_TASK_CHECK_STATUS_UPDATED: meaning("state"),
  REASON_TASK_HEALTH_CHECK_STATUS_UPDATED: meaning("state"),
  REASON_TASK_GROUP_INVALID: meaning("invalid", "Mesos refuses the task group as it is"),
  REASON_TASK_GROUP_UNAUTHORIZED: meaning("invalid", "the ACLs of Mesos do not let this framework's user run it"),
  REASON_TASK_INVALID: meaning("invalid", "Mesos refuses the task as it is"),
  REASON_TASK_UNAUTHORIZED: meaning("invalid", "the ACLs of Mesos do not let this framework's user run it"),
  REASON_TASK_UNKNOWN: meaning("state"),
};

const table: ReadonlyMap<string, ReasonMeaning> = new Map(Object.entries(meanings));

/** The meaning of any reason. "" is no reason. */
export function meaningOf(reason: string): ReasonMeaning {
  return table.get(reason) ?? meaning("state");
}
