// A master for the agent's own tests: speaks the link protocol, remembers what the agent said, sends what a test tells it.
// It acknowledges every update at once, except those of tasks in `held`.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeRecord } from "@cke/mesos";
import {
  type AgentMessage,
  agentBatchSchema,
  linkIdHeader,
  type MasterMessage,
  messagesPath,
  type RegisterMessage,
  registerPath,
  registerSchema,
} from "../../link/index.ts";

type MessageOf<Type extends AgentMessage["type"]> = Extract<AgentMessage, { type: Type }>;
type StatusUpdate = MessageOf<"STATUS_UPDATE">;

interface Waiter {
  readonly test: () => boolean;
  readonly resolve: () => void;
}

export class ScriptedMaster {
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  readonly #waiters = new Set<Waiter>();
  readonly #connections = new Set<Socket>();
  readonly registrations: RegisterMessage[] = [];
  readonly messages: AgentMessage[] = [];
  /** Tasks whose updates only expectUpdate() acknowledges. */
  readonly held = new Set<string>();
  readonly agentId = "11111111-2222-3333-4444-555555555555-S0";
  #stream: ServerResponse | undefined;
  #links = 0;
  port = 0;

  async start(): Promise<void> {
    this.#server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Once the agent is dead: resolves when everything that it had sent has been read. */
  async silence(): Promise<void> {
    await nextTurn();
    // Not by `once`, which rejects for the reset that the death of a process may be.
    await Promise.all([...this.#connections].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  send(message: MasterMessage): void {
    this.#stream?.write(encodeRecord(JSON.stringify(message)));
  }

  /** Drops the link; the agent comes back. */
  dropLink(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  updates(taskId?: string): StatusUpdate[] {
    return this.messages.filter(
      (message): message is StatusUpdate =>
        message.type === "STATUS_UPDATE" && (taskId === undefined || message.status.task_id.value === taskId),
    );
  }

  exits(): MessageOf<"EXECUTOR_EXITED">[] {
    return this.messages.filter(
      (message): message is MessageOf<"EXECUTOR_EXITED"> => message.type === "EXECUTOR_EXITED",
    );
  }

  async until(test: () => boolean, what = "the agent's message"): Promise<void> {
    if (test()) return;
    const waiting = Promise.withResolvers<void>();
    const waiter = { test, resolve: waiting.resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => {
      const seen = JSON.stringify(this.messages.slice(-5));
      waiting.reject(new Error(`${what} did not come; last messages: ${seen}`));
    }, 240_000);
    try {
      await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** The first update of a task in that state. */
  async expectUpdate(taskId: string, state: string): Promise<StatusUpdate> {
    const find = () => this.updates(taskId).find(({ status }) => status.state === state);
    await this.until(() => find() !== undefined, `${state} of ${taskId}`);
    const update = find();
    if (update === undefined) throw new Error("unreachable");
    if (this.held.has(taskId)) this.acknowledge(update);
    return update;
  }

  acknowledge({ framework_id, status }: StatusUpdate): void {
    this.send({ type: "STATUS_ACKNOWLEDGE", framework_id, task_id: status.task_id, uuid: status.uuid ?? "" });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (request.url === registerPath) {
      this.registrations.push(registerSchema.parse(JSON.parse(body)));
      this.#links += 1;
      this.#stream = response;
      response.writeHead(200, { [linkIdHeader]: String(this.#links) });
      this.send({
        type: "REGISTERED",
        agent_id: { value: this.agentId },
        master_id: "scripted",
        ping_timeout_seconds: 60,
      });
    } else if (request.url === messagesPath && request.headers[linkIdHeader] === String(this.#links)) {
      const { messages } = agentBatchSchema.parse(JSON.parse(body));
      this.messages.push(...messages);
      response.writeHead(202).end();
      for (const message of messages) {
        if (message.type === "STATUS_UPDATE" && !this.held.has(message.status.task_id.value)) this.acknowledge(message);
      }
    } else {
      response.writeHead(409).end();
    }
    for (const waiter of this.#waiters) if (waiter.test()) waiter.resolve();
  }
}
