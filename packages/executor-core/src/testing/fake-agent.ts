// An agent's executor API for tests: speaks the v1 HTTP API on a loopback port, acknowledges updates unless told not to,
// and can drop its streams as a restarting agent does.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type ExecutorCall,
  type ExecutorCallOf,
  encodeBytes,
  encodeRecord,
  parseExecutorCall,
  parseJson,
  stringifyJson,
  type TaskInfo,
  type TaskStatus,
} from "@cke/mesos";

export interface FakeAgentOptions {
  readonly frameworkId: string;
  readonly executorData?: Uint8Array;
}

type Subscribe = ExecutorCallOf<"SUBSCRIBE">;

/** A test has ten minutes. */
const patienceMs = 540_000;

export class FakeAgent {
  readonly #options: FakeAgentOptions;
  readonly #server: Server;
  readonly updates: TaskStatus[] = [];
  readonly messages: Uint8Array[] = [];
  readonly subscriptions: Subscribe[] = [];
  /** False: updates are taken but never acknowledged. */
  acknowledging = true;
  /** True: who subscribes is shut down at once, as an executor that never got a task is after its agent's restart. */
  dismissing = false;
  /** True: it knows none of its executors, as an agent that came back under a new id. */
  forgetful = false;
  /** Status of the answer to UPDATE. */
  updateStatus = 202;
  /** Updates that were answered with anything but 202. */
  refused = 0;
  onMessage: (data: Uint8Array) => void = () => {};
  #stream: ServerResponse | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: FakeAgentOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** What an agent puts into the environment of an executor (recording executor-lifecycle-exec-1). */
  environment(executorId: string): Record<string, string> {
    return {
      MESOS_FRAMEWORK_ID: this.#options.frameworkId,
      MESOS_EXECUTOR_ID: executorId,
      MESOS_SLAVE_ID: "agent-1",
      MESOS_AGENT_ENDPOINT: `127.0.0.1:${this.port}`,
      MESOS_CHECKPOINT: "1",
      MESOS_RECOVERY_TIMEOUT: "15mins",
      MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs",
      MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "10secs",
    };
  }

  launch(taskId: string, data: Uint8Array, more: Pick<TaskInfo, "kill_policy"> = {}): void {
    const task = { name: taskId, task_id: { value: taskId }, agent_id: { value: "agent-1" }, data: encodeBytes(data) };
    this.send({ type: "LAUNCH", launch: { task: { ...task, ...more } } });
  }

  launchGroup(...taskIds: readonly string[]): void {
    const tasks = taskIds.map((value) => ({ name: value, task_id: { value }, agent_id: { value: "agent-1" } }));
    this.send({ type: "LAUNCH_GROUP", launch_group: { task_group: { tasks } } });
  }

  kill(taskId: string): void {
    this.send({ type: "KILL", kill: { task_id: { value: taskId } } });
  }

  message(data: Uint8Array): void {
    this.send({ type: "MESSAGE", message: { data: encodeBytes(data) } });
  }

  shutdown(): void {
    this.send({ type: "SHUTDOWN" });
  }

  acknowledge(status: TaskStatus): void {
    this.send({ type: "ACKNOWLEDGED", acknowledged: { task_id: status.task_id, uuid: status.uuid } });
  }

  send(event: object): void {
    this.#stream?.write(encodeRecord(stringifyJson(event)));
  }

  /** Closes the stream of events as a stopping agent does. */
  dropStream(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  last(taskId: string): TaskStatus | undefined {
    return this.updates.findLast((status) => status.task_id.value === taskId);
  }

  /** Resolves as soon as `done` holds; looked at after every call. Rejects in the end, with what was told last. */
  async until(done: () => boolean): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const said = this.updates
        .slice(-5)
        .map(({ task_id, state, message }) => `${task_id.value} ${state} ${message ?? ""}`);
      const words = `${this.subscriptions.length} subscriptions, the last updates: ${said.join("; ")}`;
      reject(new Error(`what is waited for has not come: ${done}; ${words}`));
    }, patienceMs).unref();
    try {
      while (!done()) {
        const woken = new Promise<void>((resolve) => {
          this.#waiting.add(resolve);
        });
        await Promise.race([woken, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const call = parseExecutorCall(parseJson(Buffer.concat(chunks).toString("utf8")));
    this.#answer(call, response);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #answer(call: ExecutorCall, response: ServerResponse): void {
    switch (call.type) {
      case "SUBSCRIBE":
        if (this.forgetful) {
          response.writeHead(400).end("Executor cannot be found");
          return;
        }
        this.#stream = response.writeHead(200, { "Content-Type": "application/json" });
        this.subscriptions.push(call);
        if (this.dismissing) {
          this.shutdown();
          return;
        }
        for (const { status } of call.subscribe?.unacknowledged_updates ?? []) this.#take(status);
        this.send({ type: "SUBSCRIBED", subscribed: this.#subscribed(call.executor_id.value) });
        for (const { status } of call.subscribe?.unacknowledged_updates ?? []) this.#maybeAcknowledge(status);
        return;
      case "UPDATE":
        response.writeHead(this.updateStatus).end();
        if (this.updateStatus !== 202) {
          this.refused += 1;
          return;
        }
        this.#take(call.update.status);
        this.#maybeAcknowledge(call.update.status);
        return;
      case "MESSAGE": {
        response.writeHead(202).end();
        const data = new Uint8Array(Buffer.from(call.message.data, "base64"));
        this.messages.push(data);
        this.onMessage(data);
        return;
      }
      case "HEARTBEAT":
        response.writeHead(202).end();
    }
  }

  /** An agent drops an update whose uuid it has stored already. */
  #take(status: TaskStatus): void {
    if (!this.updates.some(({ uuid }) => uuid === status.uuid)) this.updates.push(status);
  }

  #maybeAcknowledge(status: TaskStatus): void {
    if (this.acknowledging) this.acknowledge(status);
  }

  #subscribed(executorId: string): object {
    return {
      executor_info: {
        executor_id: { value: executorId },
        ...(this.#options.executorData === undefined ? {} : { data: encodeBytes(this.#options.executorData) }),
      },
      framework_info: {
        user: "root",
        name: "test",
        id: { value: this.#options.frameworkId },
        capabilities: [{ type: "TASK_KILLING_STATE" }, { type: "PARTITION_AWARE" }],
      },
      agent_info: { hostname: "127.0.0.1", id: { value: "agent-1" } },
    };
  }
}
