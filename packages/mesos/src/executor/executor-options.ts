// What an executor connection is made with, and its defaults.
import type { Clock, Logger } from "@cke/foundation";
import type { ExecutorUpdate } from "../v1/messages/executor-call.ts";
import type { ExecutorEvent, KnownExecutorEvent } from "../v1/messages/executor-event.ts";
import type { TaskInfo } from "../v1/task.ts";
import type { ExecutorEnvironment } from "./executor-environment.ts";

/** What the handler gets: heartbeats and ERROR events are dealt with by the connection. */
export type HandledExecutorEvent = Exclude<ExecutorEvent, Extract<KnownExecutorEvent, { type: "HEARTBEAT" | "ERROR" }>>;

export type ExecutorConnectionState = "disconnected" | "connecting" | "subscribed" | "stopped";

/** What the agent has not acknowledged yet: sent with every SUBSCRIBE. */
export interface Unacknowledged {
  readonly tasks: readonly TaskInfo[];
  readonly updates: readonly ExecutorUpdate[];
}

/** Why the connection is over. After anything but `stopped` the executor should kill its tasks and exit. */
export type ExecutorConnectionEnd =
  | { readonly kind: "stopped" }
  /** The agent went away and this executor is not checkpointed, or the agent never answered. */
  | { readonly kind: "agent_lost"; readonly reason: string }
  /** The agent did not come back within the recovery timeout. */
  | { readonly kind: "recovery_timeout"; readonly reason: string }
  /** The agent does not know this executor (any more), in its own words. */
  | { readonly kind: "rejected"; readonly status: number; readonly text: string }
  | { readonly kind: "failed"; readonly error: unknown };

/** All in milliseconds. */
export interface ExecutorTiming {
  readonly callTimeoutMs: number;
  readonly subscribeTimeoutMs: number;
  /** How long an executor that is not checkpointed tries to reach the agent that started it. */
  readonly firstContactMs: number;
  /** Shortest and longest wait between the first attempts. */
  readonly fastRetryMinMs: number;
  readonly fastRetryMaxMs: number;
  /** After this long without the agent the wait grows to a quarter of MESOS_SUBSCRIPTION_BACKOFF_MAX. */
  readonly fastRetryForMs: number;
}

export const defaultExecutorTiming: ExecutorTiming = {
  // A busy agent answers late; one that is dead refuses at once.
  callTimeoutMs: 60_000,
  subscribeTimeoutMs: 60_000,
  firstContactMs: 15_000,
  fastRetryMinMs: 100,
  fastRetryMaxMs: 250,
  fastRetryForMs: 60_000,
};

export interface ExecutorConnectionOptions {
  readonly environment: ExecutorEnvironment;
  /**
   * Gets every event in order, one at a time, SUBSCRIBED first. When it rejects, the connection subscribes anew. It must
   * not await `stop()`.
   */
  readonly handler: (event: HandledExecutorEvent) => void | Promise<void>;
  /** Asked before every attempt to subscribe. */
  readonly unacknowledged: () => Unacknowledged;
  readonly onState?: (state: ExecutorConnectionState, reason: string) => void;
  /** PEM of the authorities to trust when the agent speaks https. */
  readonly ca?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Source of jitter in [0,1). */
  readonly random?: () => number;
  readonly timing?: Partial<ExecutorTiming>;
}
