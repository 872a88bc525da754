// The AgentLink over the executor connection of @cke/mesos.
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import {
  type CallResult,
  describeCallResult,
  ExecutorConnection,
  type ExecutorConnectionEnd,
  type ExecutorEnvironment,
  type TaskStatus,
} from "@cke/mesos";
import type { AgentLink, AgentLinkListener, LinkEnd } from "./agent-link.ts";

export interface MesosAgentLinkOptions {
  readonly environment: ExecutorEnvironment;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class MesosAgentLink implements AgentLink {
  readonly #options: MesosAgentLinkOptions;
  #connection: ExecutorConnection | undefined;

  constructor(options: MesosAgentLinkOptions) {
    this.#options = options;
  }

  async run(listener: AgentLinkListener): Promise<LinkEnd> {
    const connection = new ExecutorConnection({
      ...this.#options,
      handler: (event) => listener.event(event),
      unacknowledged: () => {
        const { tasks, updates } = listener.unacknowledged();
        return { tasks, updates: updates.map((status) => ({ status })) };
      },
      onState: (state) => {
        if (state === "disconnected") listener.disconnected();
      },
    });
    this.#connection = connection;
    connection.start();
    return linkEnd(await connection.ended);
  }

  async update(status: TaskStatus): Promise<void> {
    mustBeAccepted(await this.#connection?.update(status));
  }

  async message(data: Uint8Array): Promise<void> {
    mustBeAccepted(await this.#connection?.message(data));
  }

  async stop(): Promise<void> {
    await this.#connection?.stop();
  }
}

function mustBeAccepted(result: CallResult | undefined): void {
  if (result?.kind === "accepted") return;
  const words = result === undefined ? "not started" : describeCallResult(result);
  throw new CkeError("agent_call_failed", words, { retryable: result?.kind !== "rejected" });
}

function linkEnd(end: ExecutorConnectionEnd): LinkEnd {
  switch (end.kind) {
    case "stopped":
      return { kind: "stopped" };
    case "agent_lost":
    case "recovery_timeout":
      return { kind: "agent-lost", message: end.reason };
    case "rejected":
      return { kind: "refused", message: `${end.status} ${end.text}` };
    case "failed":
      return { kind: "failed", message: messageOf(end.error) };
  }
}
