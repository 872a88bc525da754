// The agent's side of the link: connects, reconnects with backoff, hands messages over in order, sends in order.
// Unsent messages survive a reconnect; a batch whose answer was lost is sent again, so the master has to accept
// duplicates.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { RecordIoDecoder } from "@cke/mesos";
import { exactJson, parseExactJson } from "../wire/json/exact-json.ts";
import {
  type AgentMessage,
  linkIdHeader,
  type MasterMessage,
  masterMessageSchema,
  messagesPath,
  type RegisterMessage,
  registerPath,
} from "./messages.ts";

const maxQueued = 10_000;

interface AgentLinkOptions {
  /** `host:port` of the master, asked before every attempt. */
  readonly master: () => string;
  /** Everything the agent knows now. Called before every attempt, after all earlier messages have been handled. */
  readonly register: () => RegisterMessage | Promise<RegisterMessage>;
  /** Called one message at a time; the next waits until the promise is done. REGISTERED is the first of every link. */
  readonly onMessage: (message: MasterMessage) => void | Promise<void>;
  readonly onDisconnected?: (reason: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** First and longest wait between attempts; default 200 ms and 5 s. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

export class AgentLink {
  readonly #options: AgentLinkOptions;
  readonly #backoff: Backoff;
  readonly #queue: AgentMessage[] = [];
  #stopping: AbortController | undefined;
  #running: Promise<void> | undefined;
  #linkId: string | undefined;
  #connection: AbortController | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: AgentLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? { baseMs: 200, maxMs: 5_000 });
  }

  /** True between REGISTERED and the loss of the link. */
  get connected(): boolean {
    return this.#linkId !== undefined;
  }

  start(): void {
    if (this.#running !== undefined) throw new CkeError("already_started", "the agent link is already running");
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Closes the link. With `unregister` the master is told first that this agent is gone for good. */
  async stop(options: { readonly unregister?: boolean } = {}): Promise<void> {
    if (options.unregister === true && this.connected) {
      this.send({ type: "UNREGISTER" });
      await this.#sending;
    }
    this.#stopping?.abort(new CkeError("stopped", "the agent link was stopped"));
    await this.#running;
    await this.#sending;
  }

  /** Queues a message. Messages leave in order, now or after the next REGISTERED. */
  send(message: AgentMessage): void {
    if (this.#queue.length >= maxQueued) {
      this.#options.logger.warning("the link's queue is full, the message is dropped", { type: message.type });
      return;
    }
    this.#queue.push(message);
    this.#flush();
  }

  async #run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      let reason: string;
      try {
        reason = await this.#connect(stopping);
      } catch (error) {
        reason = messageOf(error);
      }
      if (this.#linkId !== undefined) {
        this.#linkId = undefined;
        this.#options.onDisconnected?.(reason);
      }
      if (stopping.aborted) return;
      this.#options.logger.info("no link to the master, trying again", { reason });
      await this.#options.clock.sleep(this.#backoff.next(), stopping).catch(() => {});
    }
  }

  /** One link, from its request to its end; resolves with the reason of the end. */
  async #connect(stopping: AbortSignal): Promise<string> {
    await this.#sending;
    const connection = new AbortController();
    this.#connection = connection;
    const signal = AbortSignal.any([stopping, connection.signal]);
    const master = this.#options.master();
    const response = await fetch(`http://${master}${registerPath}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: exactJson(await this.#options.register()),
      redirect: "manual",
      signal,
    });
    const linkId = response.headers.get(linkIdHeader);
    if (response.status !== 200 || linkId === null || response.body === null) {
      const text = (await response.text()).slice(0, 500);
      throw new CkeError("link_refused", `the master at ${master} answered ${response.status}: ${text}`);
    }
    const decoder = new RecordIoDecoder();
    let silence = () => {};
    let timeoutMs = 60_000;
    const watch = () => {
      silence();
      const lost = () => connection.abort(new CkeError("link_silent", `no message for ${timeoutMs / 1000} s`));
      silence = this.#options.clock.after(timeoutMs, lost, { background: true });
    };
    try {
      watch();
      for await (const chunk of response.body) {
        for (const record of decoder.push(chunk)) {
          watch();
          const message = masterMessageSchema.parse(parseExactJson(Buffer.from(record).toString("utf8")));
          if (message.type === "PING") {
            this.send({ type: "PONG" });
            continue;
          }
          if (message.type === "REGISTERED") timeoutMs = message.ping_timeout_seconds * 1000;
          await this.#options.onMessage(message);
          if (message.type === "REGISTERED") this.#opened(linkId);
          if (message.type === "SHUTDOWN") {
            this.#stopping?.abort(new CkeError("agent_refused", message.message));
            return message.message;
          }
        }
      }
      return "the master closed the link";
    } finally {
      silence();
      connection.abort();
    }
  }

  #opened(linkId: string): void {
    this.#linkId = linkId;
    this.#backoff.reset();
    this.#flush();
  }

  #flush(): void {
    if (this.#sending !== undefined || this.#linkId === undefined || this.#queue.length === 0) return;
    this.#sending = this.#drain(this.#linkId).finally(() => {
      this.#sending = undefined;
      if (this.#linkId !== undefined && this.#queue.length > 0) this.#flush();
    });
  }

  async #drain(linkId: string): Promise<void> {
    const connection = this.#connection;
    while (this.#queue.length > 0 && this.#linkId === linkId && connection !== undefined) {
      const messages = this.#queue.slice(0, 100);
      try {
        const response = await fetch(`http://${this.#options.master()}${messagesPath}`, {
          method: "POST",
          headers: { "content-type": "application/json", [linkIdHeader]: linkId },
          body: exactJson({ messages }),
          signal: connection.signal,
        });
        const text = await response.text();
        if (response.status !== 202) throw new CkeError("link_refused", `${response.status}: ${text.slice(0, 500)}`);
        this.#queue.splice(0, messages.length);
      } catch (error) {
        this.#linkId = undefined;
        connection.abort(error);
        this.#options.onDisconnected?.(messageOf(error));
        return;
      }
    }
  }
}
