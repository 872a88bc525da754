// What the master keeps in memory: agents, frameworks, tasks, executors, offers. Mutable on purpose: one thread of one
// process owns them, and only the master's own rooms change them.
import type {
  Attribute,
  ExecutorInfo,
  FrameworkInfo,
  KnownSchedulerEvent,
  OfferConstraints,
  Operation,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "@cke/mesos";
import type { MasterMessage } from "../../link/index.ts";
import type { Bag } from "../../resources/bag.ts";
import type { Ledger } from "../../resources/ledger.ts";
import type { CircularBuffer } from "./circular-buffer.ts";
import type { OfferFilters } from "./offer-filters.ts";

/** Where the events of one subscription go. */
export interface EventStream {
  readonly id: string;
  send(event: KnownSchedulerEvent): void;
  end(): void;
}

/** Where messages to one agent go. */
export interface AgentStream {
  readonly id: string;
  send(message: MasterMessage): void;
  end(): void;
}

export interface TaskRecord {
  readonly frameworkId: string;
  readonly agentId: string;
  /** Absent until known for command tasks. */
  executorId?: string;
  readonly info: TaskInfo;
  /** Allocated; released when the task is terminal. */
  readonly resources: Bag;
  state: TaskState;
  statuses: TaskStatus[];
  /** State and uuid of the last update that was forwarded to the framework. */
  forwarded?: { readonly state: TaskState; readonly uuid?: string };
  /** The last update of the agent that waits for the framework's acknowledgement. */
  unacknowledged?: TaskStatus;
  /** Nanoseconds, when the agent was marked unreachable. */
  unreachableTime?: bigint;
  /** The framework has asked to kill it: repeated to an agent that comes back with it. */
  killWanted?: true;
}

export interface ExecutorRecord {
  readonly frameworkId: string;
  readonly agentId: string;
  readonly info: ExecutorInfo;
  readonly resources: Bag;
}

export interface AgentRecord {
  readonly id: string;
  hostname: string;
  ip: string;
  port: number;
  attributes: readonly Attribute[];
  version: string;
  readonly ledger: Ledger;
  readonly registeredMs: number;
  reregisteredMs?: number;
  stream?: AgentStream;
  /** Pings without an answer. */
  missedPings: number;
  /** By framework id, then executor id. */
  readonly executors: Map<string, Map<string, ExecutorRecord>>;
}

export interface OfferRecord {
  readonly id: string;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly role: string;
  readonly resources: Bag;
}

interface OperationRecord {
  readonly operation: Operation;
  readonly agentId: string;
  readonly uuid: string;
}

export interface FrameworkRecord {
  readonly id: string;
  info: FrameworkInfo;
  capabilities: ReadonlySet<string>;
  roles: readonly string[];
  suppressed: Set<string>;
  constraints?: OfferConstraints;
  readonly filters: OfferFilters;
  stream?: EventStream;
  /** Known only from an agent: it has not subscribed to this master yet. */
  recovered: boolean;
  registeredMs: number;
  reregisteredMs: number;
  unregisteredMs: number;
  readonly tasks: Map<string, TaskRecord>;
  readonly unreachableTasks: Map<string, TaskRecord>;
  readonly completedTasks: CircularBuffer<TaskRecord>;
  readonly completedExecutors: CircularBuffer<ExecutorRecord>;
  readonly offers: Map<string, OfferRecord>;
  /** Inverse offers without an answer: id → agent id. */
  readonly inverseOffers: Map<string, string>;
  /** Agent id → until when no inverse offer is made for it (monotonic). */
  readonly inverseFilters: Map<string, number>;
  /** Operations with an id whose final status is not acknowledged, by operation id. */
  readonly operations: Map<string, OperationRecord>;
  cancelHeartbeat?: () => void;
  cancelFailover?: () => void;
}

/** What is sent on operators' event streams. */
export type OperatorEvent =
  | { readonly type: "TASK_ADDED"; readonly task: TaskRecord }
  | { readonly type: "TASK_UPDATED"; readonly task: TaskRecord; readonly status: TaskStatus }
  | {
      readonly type: "FRAMEWORK_ADDED" | "FRAMEWORK_UPDATED" | "FRAMEWORK_REMOVED";
      readonly framework: FrameworkRecord;
    }
  | { readonly type: "AGENT_ADDED"; readonly agent: AgentRecord }
  | { readonly type: "AGENT_REMOVED"; readonly agentId: string };

/** An agent that is being drained, or was. */
export interface DrainRecord {
  /** Nanoseconds that its tasks have to end; absent: what each of them says itself. */
  readonly maxGrace?: bigint;
  readonly markGone: boolean;
  readonly startedMs: number;
  /** Nothing runs on it any more. */
  readonly drained: boolean;
}

/** Holder names in an agent's ledger. */
export const holderOf = {
  task: (frameworkId: string, taskId: string) => `task:${frameworkId}/${taskId}`,
  executor: (frameworkId: string, executorId: string) => `executor:${frameworkId}/${executorId}`,
  offer: (frameworkId: string, offerId: string) => `offer:${frameworkId}/${offerId}`,
} as const;

/** The framework's tasks on one agent that are not completed. */
export const tasksOn = (framework: FrameworkRecord, agentId: string): TaskRecord[] =>
  [...framework.tasks.values()].filter((task) => task.agentId === agentId);
