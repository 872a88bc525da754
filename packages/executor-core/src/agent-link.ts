// The core's view of the connection to the Mesos agent: small enough that a test plays the agent in a few lines.
// `mesos-agent-link.ts` implements it with the connection of @cke/mesos.
import type { HandledExecutorEvent, TaskStatus } from "@cke/mesos";
import type { Unacknowledged } from "./status-ledger.ts";

/** Why the connection to the agent has ended for good. */
export type LinkEnd =
  | { readonly kind: "stopped" }
  /** The agent stayed away longer than the recovery timeout, or the framework does not checkpoint. */
  | { readonly kind: "agent-lost"; readonly message: string }
  /** The agent refuses this executor. */
  | { readonly kind: "refused"; readonly message: string }
  /** The connection failed in this process: that says nothing of the agent. */
  | { readonly kind: "failed"; readonly message: string };

export interface AgentLinkListener {
  /** Asked for each SUBSCRIBE. */
  unacknowledged(): Unacknowledged;
  /** Events in the order of the stream, SUBSCRIBED included. */
  event(event: HandledExecutorEvent): void;
  disconnected(): void;
}

export interface AgentLink {
  /** Subscribes, re-subscribes, and resolves when that is over. */
  run(listener: AgentLinkListener): Promise<LinkEnd>;
  /** Rejects when the agent did not take the update; a CkeError that is not retryable means that it never will. */
  update(status: TaskStatus): Promise<void>;
  message(data: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}
