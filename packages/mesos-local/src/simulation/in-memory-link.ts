// The link of src/link/messages.ts without HTTP: a pair of channels between an agent and the leading master's state.
import type { Clock } from "@cke/foundation";
import type { AgentMessage, MasterMessage, RegisterMessage } from "../link/index.ts";
import { handleAgentMessage } from "../master/agents/agent-messages.ts";
import { registerAgent } from "../master/agents/agent-registration.ts";
import { disconnectAgent } from "../master/agents/agent-removal.ts";
import type { MasterState } from "../master/state/master-state.ts";
import type { AgentRecord, AgentStream } from "../master/state/records.ts";
import { DelayedChannel } from "./delayed-channel.ts";

/** The agent's end of a link. */
export interface AgentEnd {
  send(message: AgentMessage): void;
  /** The agent closes the link, and the master notices. */
  close(): void;
}

interface LinkListener {
  onMessage(message: MasterMessage): void;
  /** The master closed the link, or it broke. */
  onBroken(): void;
}

interface InMemoryLinkOptions {
  readonly clock: Clock;
  /** The leading master; undefined while there is none. */
  readonly master: () => MasterState | undefined;
  /** One-way delay in ms, asked for every message. */
  readonly delayMs: () => number;
  readonly newId: () => string;
}

/** One agent's links to the leading master; at most one at a time. */
export class InMemoryLink {
  readonly #options: InMemoryLinkOptions;
  #link:
    | {
        readonly master: MasterState;
        readonly up: DelayedChannel;
        readonly down: DelayedChannel;
        readonly over: () => void;
      }
    | undefined;
  #partitioned = false;

  constructor(options: InMemoryLinkOptions) {
    this.#options = options;
  }

  /** While partitioned nothing arrives in either direction, and neither end is notified. */
  partition(partitioned: boolean): void {
    this.#partitioned = partitioned;
    this.#link?.up.hold(partitioned);
    this.#link?.down.hold(partitioned);
  }

  get partitioned(): boolean {
    return this.#partitioned;
  }

  /** Registers; undefined when no master can be reached. */
  open(register: RegisterMessage, listener: LinkListener): AgentEnd | undefined {
    const { clock, delayMs, newId, master: leader } = this.#options;
    const master = leader();
    if (master === undefined || this.#partitioned) return undefined;
    this.#link?.up.cut();
    this.#link?.down.cut();
    const up = new DelayedChannel(clock, delayMs);
    const down = new DelayedChannel(clock, delayMs);
    let record: AgentRecord | undefined;
    const over = () => {
      up.cut();
      down.post(() => {
        down.cut();
        if (this.#link === link) this.#link = undefined;
        listener.onBroken();
      });
    };
    const link = { master, up, down, over };
    this.#link = link;
    const stream: AgentStream = {
      id: newId(),
      send: (message) => down.post(() => listener.onMessage(message)),
      end: over,
    };
    const alive = () => record !== undefined && record.stream === stream;
    up.post(() => {
      record = registerAgent(master, register, stream);
    });
    return {
      send: (message) =>
        up.post(() => {
          if (record !== undefined && alive()) handleAgentMessage(master, record, message);
        }),
      close: () => {
        down.cut();
        if (this.#link === link) this.#link = undefined;
        up.post(() => {
          up.cut();
          if (record !== undefined) disconnectAgent(master, record, stream.id);
        });
      },
    };
  }

  /** The master died: the link breaks. While partitioned the agent does not notice that. */
  masterDied(master: MasterState): void {
    if (this.#link?.master === master) this.#link.over();
  }
}
