// An executor's connection to its agent. The agent allows only 2 s after its restart (executor_reregistration_timeout), so
// a lost connection is tried again every 100 to 250 ms at first and never much more rarely; with checkpointing until
// MESOS_RECOVERY_TIMEOUT has passed, without it the loss of the agent is the end.
import { setMaxListeners } from "node:events";
import { type Clock, type Logger, messageOf, silentLogger, systemClock } from "@cke/foundation";
import { encodeBytes, stringifyJson } from "../encoding/json.ts";
import { uuidToText } from "../encoding/uuid.ts";
import { type CallResult, callResultOf } from "../http/call-result.ts";
import { describeStreamEnd, readEvents } from "../http/event-stream.ts";
import { HttpChannel, type HttpTarget } from "../http/http-channel.ts";
import type { ExecutorCallOf, ExecutorUpdate } from "../v1/messages/executor-call.ts";
import { parseExecutorEvent } from "../v1/messages/executor-event.ts";
import type { TaskStatus } from "../v1/task-status.ts";
import type { ExecutorEnvironment } from "./executor-environment.ts";
import {
  defaultExecutorTiming,
  type ExecutorConnectionEnd,
  type ExecutorConnectionOptions,
  type ExecutorConnectionState,
  type ExecutorTiming,
} from "./executor-options.ts";

/** How often the agent may refuse SUBSCRIBE in a row: it may still be recovering its executors. */
const refusalsAllowed = 3;

type Attempt =
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "refused"; readonly status: number; readonly text: string }
  | { readonly kind: "lost"; readonly reason: string };

export class ExecutorConnection {
  readonly #options: ExecutorConnectionOptions;
  readonly #timing: ExecutorTiming;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #target: HttpTarget;
  readonly #streams: HttpChannel;
  readonly #calls: HttpChannel;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<ExecutorConnectionEnd>();
  #state: ExecutorConnectionState = "disconnected";
  #running = false;
  #subscription: AbortController | undefined;

  constructor(options: ExecutorConnectionOptions) {
    this.#options = options;
    this.#timing = { ...defaultExecutorTiming, ...options.timing };
    this.#clock = options.clock ?? systemClock;
    this.#log = options.logger ?? silentLogger;
    const { environment, ca } = options;
    this.#target = agentTarget(environment);
    const security = {
      ...(ca === undefined ? {} : { ca }),
      authorization: () => {
        const token = environment.authenticationToken();
        return token === undefined || token === "" ? undefined : `Bearer ${token}`;
      },
    };
    this.#streams = new HttpChannel(security, this.#clock, Number.POSITIVE_INFINITY);
    this.#calls = new HttpChannel(security, this.#clock, 1);
    setMaxListeners(0, this.#stop.signal);
  }

  get state(): ExecutorConnectionState {
    return this.#state;
  }

  /** Resolves when the connection is over for good; never rejects. */
  get ended(): Promise<ExecutorConnectionEnd> {
    return this.#ended.promise;
  }

  /** Begins to subscribe; returns at once. */
  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#running = true;
    this.#run().then(
      (end) => this.#finish(end),
      (error: unknown) => this.#finish(this.#stop.signal.aborted ? { kind: "stopped" } : { kind: "failed", error }),
    );
  }

  /** Closes the connection and waits for the handler. The agent takes this for a crash unless the process exits. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the connection was stopped"));
    this.#subscription?.abort(new Error("the connection was stopped"));
    if (this.#running) await this.#ended.promise;
    else this.#finish({ kind: "stopped" });
  }

  /**
   * Sends a status update; `executor_id` and `source` are filled in. Keep it among the unacknowledged ones until
   * ACKNOWLEDGED names its uuid, whatever this returns. Throws RangeError for what an agent never accepts: a uuid that is
   * missing or not 16 bytes (use `newUuid`), or TASK_STAGING.
   */
  async update(status: TaskStatus): Promise<CallResult> {
    return await this.#call({ type: "UPDATE", update: completeUpdate(status, this.#options.environment) });
  }

  /** Sends a message to the scheduler: delivered at most once. */
  async message(data: Uint8Array): Promise<CallResult> {
    return await this.#call({ type: "MESSAGE", message: { data: encodeBytes(data) } });
  }

  async #call(call: CallBody): Promise<CallResult> {
    const subscription = this.#subscription;
    if (subscription === undefined || this.#state !== "subscribed") return { kind: "not_subscribed" };
    const answer = await this.#calls.post(this.#target, this.#body(call), {
      timeoutMs: this.#timing.callTimeoutMs,
      signal: subscription.signal,
    });
    return callResultOf(answer);
  }

  #body(call: CallBody): string {
    const { executorId, frameworkId } = this.#options.environment;
    return stringifyJson({ executor_id: { value: executorId }, framework_id: { value: frameworkId }, ...call });
  }

  #finish(end: ExecutorConnectionEnd): void {
    this.#subscription = undefined;
    this.#streams.close();
    this.#calls.close();
    this.#setState("stopped", end.kind);
    this.#ended.resolve(end);
  }

  #setState(state: ExecutorConnectionState, reason: string): void {
    if (this.#state === state || this.#state === "stopped") return;
    this.#state = state;
    this.#options.onState?.(state, reason);
  }

  async #run(): Promise<ExecutorConnectionEnd> {
    const { signal } = this.#stop;
    const { checkpoint, recoveryTimeoutMs } = this.#options.environment;
    let subscribedBefore = false;
    let refusals = 0;
    let aloneSince = this.#clock.monotonic();
    while (!signal.aborted) {
      this.#setState("connecting", "subscribing to the agent");
      const attempt = await this.#attempt();
      if (signal.aborted) break;
      if (attempt.kind === "refused") {
        refusals += 1;
        this.#log.warning("the agent refuses this executor", { status: attempt.status, text: attempt.text });
        if (refusals >= refusalsAllowed) return { ...attempt, kind: "rejected" };
      } else {
        refusals = 0;
      }
      if (attempt.kind === "lost") {
        this.#log.warning("the connection to the agent was lost", { reason: attempt.reason });
        if (!checkpoint) return { kind: "agent_lost", reason: attempt.reason };
        subscribedBefore = true;
        aloneSince = this.#clock.monotonic();
      }
      const aloneMs = this.#clock.monotonic() - aloneSince;
      const allowedMs = checkpoint ? recoveryTimeoutMs : this.#timing.firstContactMs;
      const reason = attempt.kind === "refused" ? attempt.text : attempt.reason;
      if (aloneMs >= allowedMs) return { kind: subscribedBefore ? "recovery_timeout" : "agent_lost", reason };
      await this.#clock.sleep(Math.min(this.#retryDelayMs(aloneMs), allowedMs - aloneMs), signal);
    }
    return { kind: "stopped" };
  }

  #retryDelayMs(aloneMs: number): number {
    const { fastRetryMinMs, fastRetryMaxMs, fastRetryForMs } = this.#timing;
    const { subscriptionBackoffMaxMs } = this.#options.environment;
    const random = (this.#options.random ?? Math.random)();
    // Four attempts must fit in the window that an agent leaves, which is as long as the longest backoff it names.
    const slowest = Math.max(fastRetryMaxMs, subscriptionBackoffMaxMs / 4);
    const ceiling = Math.min(aloneMs < fastRetryForMs ? fastRetryMaxMs : slowest, subscriptionBackoffMaxMs);
    return Math.min(fastRetryMinMs, ceiling) + Math.max(0, ceiling - fastRetryMinMs) * random;
  }

  async #attempt(): Promise<Attempt> {
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    this.#subscription = abort;
    const { tasks, updates } = this.#options.unacknowledged();
    const subscribe = { unacknowledged_tasks: tasks, unacknowledged_updates: updates };
    const opened = await this.#streams.open(this.#target, this.#body({ type: "SUBSCRIBE", subscribe }), {
      timeoutMs: this.#timing.subscribeTimeoutMs,
      signal: abort.signal,
    });
    if (opened.kind === "unreachable") return { kind: "unavailable", reason: opened.reason };
    if (opened.kind === "answered") {
      const { status, text } = opened;
      // 503 "Agent has not finished recovery" (recording: executor-lost-exec-lost).
      if (status >= 400 && status < 500) return { kind: "refused", status, text: text.trim() };
      return { kind: "unavailable", reason: `HTTP status ${status}: ${text.trim()}` };
    }
    let subscribed = false;
    const end = await readEvents(opened.response, {
      clock: this.#clock,
      signal: abort.signal,
      // Agents send heartbeats only every 30 minutes; a dead agent shows as a closed connection.
      maxSilenceMs: () => (subscribed ? Number.POSITIVE_INFINITY : this.#timing.subscribeTimeoutMs),
      onEvent: async (value) => {
        const event = parseExecutorEvent(value);
        if (event.type === "HEARTBEAT") return;
        if (event.type === "ERROR") {
          abort.abort(new Error(`the agent reports: ${event.error.message}`));
          return;
        }
        if (event.type === "SUBSCRIBED") {
          subscribed = true;
          this.#setState("subscribed", "the agent has accepted this executor");
        }
        if (event.type === "UNKNOWN")
          this.#log.warning("an event of the agent is not understood", { type: event.name, problem: event.problem });
        await this.#options.handler(event);
      },
    });
    const reason = end.kind === "aborted" ? messageOf(abort.signal.reason) : describeStreamEnd(end);
    abort.abort(new Error(reason));
    this.#calls.close();
    if (!this.#stop.signal.aborted) this.#setState("disconnected", reason);
    return subscribed ? { kind: "lost", reason } : { kind: "unavailable", reason };
  }
}

type CallBody =
  | Pick<ExecutorCallOf<"SUBSCRIBE">, "type" | "subscribe">
  | Pick<ExecutorCallOf<"UPDATE">, "type" | "update">
  | Pick<ExecutorCallOf<"MESSAGE">, "type" | "message">;

/** On TCP the short path; on the UNIX socket the agent's own process prefix, as Mesos' executor library does. */
function agentTarget({ protocol, agentEndpoint, agentProcess, domainSocket }: ExecutorEnvironment): HttpTarget {
  if (domainSocket === undefined) return { protocol, ...agentEndpoint, path: "/api/v1/executor" };
  return { protocol, ...agentEndpoint, path: `/${agentProcess}/api/v1/executor`, socketPath: domainSocket };
}

/** The update as an agent accepts it: with `executor_id` and `source`. Throws RangeError as `ExecutorConnection.update`. */
export function completeUpdate(status: TaskStatus, environment: ExecutorEnvironment): ExecutorUpdate {
  if (status.uuid === undefined || uuidToText(status.uuid) === undefined) {
    throw new RangeError(`the update of task ${status.task_id.value} needs a uuid of 16 bytes`);
  }
  if (status.state === "TASK_STAGING") throw new RangeError("an executor never sends TASK_STAGING");
  return { status: { ...status, executor_id: { value: environment.executorId }, source: "SOURCE_EXECUTOR" } };
}
