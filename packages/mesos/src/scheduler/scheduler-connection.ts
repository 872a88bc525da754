// A framework's connection to the leading master: one subscription at a time, made again for as long as it is wanted.
// Calls carry the stream id of the current subscription.
import { setMaxListeners } from "node:events";
import { Backoff, CkeError, type Clock, type Logger, messageOf, silentLogger, systemClock } from "@cke/foundation";
import { describeEndpoint, type MesosEndpoint } from "../detection/master-address.ts";
import { MesosProtocolError } from "../encoding/errors.ts";
import { stringifyJson } from "../encoding/json.ts";
import { type CallResult, callResultOf } from "../http/call-result.ts";
import { describeStreamEnd, readEvents } from "../http/event-stream.ts";
import type { HttpTarget } from "../http/http-channel.ts";
import type { SchedulerCall } from "../v1/messages/scheduler-call.ts";
import { parseSchedulerEvent, type SchedulerEventOf } from "../v1/messages/scheduler-event.ts";
import { type Attempt, MasterSearch } from "./master-search.ts";
import {
  type AgentAddress,
  type AgentCall,
  type AskResult,
  askAgentApi,
  askOperatorApi,
} from "./operator-api-query.ts";
import { SchedulerChannels } from "./scheduler-channels.ts";
import {
  defaultSchedulerTiming,
  type SchedulerConnectionEnd,
  type SchedulerConnectionOptions,
  type SchedulerConnectionState,
  type SchedulerTiming,
} from "./scheduler-options.ts";
import { defaultDecision, problemOfErrorEvent, type SchedulerProblem } from "./scheduler-problem.ts";
import { type SubscribeAnswer, sendSubscribe, showsStaleSubscription } from "./scheduler-subscribe.ts";

interface Subscription {
  readonly target: HttpTarget;
  readonly streamId: string | undefined;
  readonly frameworkId: string;
  /** Ends the subscription and every call that waits for an answer. */
  readonly abort: AbortController;
}

export class SchedulerConnection {
  readonly #options: SchedulerConnectionOptions;
  readonly #timing: SchedulerTiming;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #channels: SchedulerChannels;
  readonly #search: MasterSearch;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<SchedulerConnectionEnd>();
  #state: SchedulerConnectionState = "disconnected";
  #running = false;
  #subscription: Subscription | undefined;

  constructor(options: SchedulerConnectionOptions) {
    this.#options = options;
    this.#timing = { ...defaultSchedulerTiming, ...options.timing };
    this.#clock = options.clock ?? systemClock;
    this.#log = options.logger ?? silentLogger;
    this.#search = new MasterSearch(options.detector, this.#log);
    this.#channels = new SchedulerChannels(options, this.#clock);
    setMaxListeners(0, this.#stop.signal);
  }

  get state(): SchedulerConnectionState {
    return this.#state;
  }

  /** The framework id of the current subscription. */
  get frameworkId(): string | undefined {
    return this.#subscription?.frameworkId;
  }

  /** Resolves when the connection is over for good; never rejects. */
  get ended(): Promise<SchedulerConnectionEnd> {
    return this.#ended.promise;
  }

  /** Begins to subscribe; returns at once. Watch `onState`, the SUBSCRIBED event and `ended`. */
  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#running = true;
    this.#search.start();
    const stopped = () => this.#stop.signal.aborted;
    this.#run()
      .catch((error: unknown) => (stopped() ? ({ kind: "stopped" } as const) : ({ kind: "failed", error } as const)))
      .then((end) => this.#finish(end));
  }

  /** Drops the subscription (the framework stays registered for its failover timeout) and waits for the handler. */
  async stop(): Promise<void> {
    const reason = new Error("the connection was stopped");
    this.#stop.abort(reason);
    this.#subscription?.abort.abort(reason);
    if (this.#running) await this.#ended.promise;
    else await this.#finish({ kind: "stopped" });
  }

  /**
   * Sends a call with the framework id and stream id of the current subscription. Never rejects. A rejection that shows
   * that the subscription is no longer the master's makes the connection subscribe anew.
   */
  async call(call: Exclude<SchedulerCall, { type: "SUBSCRIBE" }>): Promise<CallResult> {
    const subscription = this.#subscription;
    if (subscription === undefined) return { kind: "not_subscribed" };
    const { frameworkId, streamId, target, abort } = subscription;
    const text = stringifyJson({ framework_id: { value: frameworkId }, ...call });
    const answer = await this.#channels.for(call).post(target, text, {
      headers: streamId === undefined ? {} : { "Mesos-Stream-Id": streamId },
      timeoutMs: this.#timing.callTimeoutMs,
      signal: abort.signal,
    });
    if (answer.kind === "answered" && showsStaleSubscription(answer.status, answer.text)) {
      abort.abort(new Error(`the master no longer knows this subscription (${answer.status} ${answer.text.trim()})`));
    } else if (answer.kind === "unreachable" && answer.timedOut === true) {
      // While the handler waits for this call no heartbeats are counted: a call without an answer shows a dead master as well.
      abort.abort(new Error(`the master did not answer ${call.type}: ${answer.reason}`));
    }
    return callResultOf(answer);
  }

  /**
   * Asks the leading master by its operator API: `GET_TASKS`, `GET_EXECUTORS`, `GET_AGENTS`, … of all frameworks, as far as
   * the credentials may see them. The parsed answer, or why there is none. Never rejects.
   */
  async ask(type: string): Promise<AskResult> {
    const subscription = this.#subscription;
    if (subscription === undefined) return { kind: "failed", reason: "not subscribed with a master" };
    return await askOperatorApi(this.#channels.streams, subscription.target, type, subscription.abort.signal);
  }

  /** Asks an agent by its operator API, with the credentials and the protocol of the leading master. Never rejects. */
  async askAgent(agent: AgentAddress, call: AgentCall, signal: AbortSignal): Promise<AskResult> {
    const subscription = this.#subscription;
    if (subscription === undefined) return { kind: "failed", reason: "not subscribed with a master" };
    const { target, abort } = subscription;
    const either = AbortSignal.any([signal, abort.signal]);
    return await askAgentApi(this.#channels.streams, target.protocol, agent, call, either);
  }

  async #finish(end: SchedulerConnectionEnd): Promise<void> {
    this.#subscription = undefined;
    await this.#search.close().catch((error: unknown) => {
      this.#log.warning("the detector of masters did not close well", { error: messageOf(error) });
    });
    this.#channels.close();
    this.#setState("stopped", end.kind === "problem" ? end.problem.message : end.kind);
    this.#ended.resolve(end);
  }

  #setState(state: SchedulerConnectionState, reason: string): void {
    if (this.#state === state || this.#state === "stopped") return;
    this.#state = state;
    this.#options.onState?.(state, reason);
  }

  async #run(): Promise<SchedulerConnectionEnd> {
    const { signal } = this.#stop;
    const { random } = this.#options;
    const backoff = new Backoff({
      baseMs: this.#timing.backoffBaseMs,
      maxMs: this.#timing.backoffMaxMs,
      ...(random === undefined ? {} : { random }),
    });
    while (!signal.aborted) {
      this.#setState("connecting", "looking for the leading master");
      const { moves } = this.#search;
      try {
        const attempt = await this.#search.round(signal, (endpoint, wanted) => this.#attempt(endpoint, wanted));
        if (attempt.kind === "end") return attempt.end;
        // A subscription that ended at once must not reset the backoff, or a broken one would be made in a tight loop.
        if (attempt.kind === "lost" && attempt.lastedMs >= this.#timing.backoffMaxMs) backoff.reset();
      } catch (error) {
        if (signal.aborted || !(error instanceof CkeError) || !error.retryable) throw error;
        this.#log.warning("the Mesos master cannot be subscribed to yet", { error: messageOf(error) });
        this.#options.onUnavailable?.(messageOf(error));
      }
      if (signal.aborted) break;
      if (this.#search.moves === moves) await this.#search.pause(this.#clock, backoff.next(), signal);
      if (this.#search.moves !== moves) backoff.reset();
    }
    return { kind: "stopped" };
  }

  async #attempt(endpoint: MesosEndpoint, wanted: AbortSignal): Promise<Attempt> {
    const master = describeEndpoint(endpoint);
    const abort = new AbortController();
    wanted.addEventListener("abort", () => abort.abort(wanted.reason), { once: true });
    if (wanted.aborted) abort.abort(wanted.reason);
    const { signal } = abort;
    const answer = await sendSubscribe(this.#channels.streams, endpoint, await this.#options.subscribe(), {
      timeoutMs: this.#timing.subscribeTimeoutMs,
      signal,
    });
    if (answer.kind === "open") return await this.#listen(endpoint, answer, abort);
    if (answer.kind === "redirected") return answer;
    if (answer.kind === "refused") return await this.#decide(answer.problem, master);
    if (!this.#stop.signal.aborted) {
      this.#log.warning("the Mesos master is not available", { master, reason: answer.reason });
      this.#options.onUnavailable?.(`${master}: ${answer.reason}`);
    }
    return { kind: "unavailable" };
  }

  async #listen(
    endpoint: MesosEndpoint,
    { response, target, streamId }: Extract<SubscribeAnswer, { kind: "open" }>,
    abort: AbortController,
  ): Promise<Attempt> {
    const master = describeEndpoint(endpoint);
    const { signal } = abort;
    let maxSilenceMs = this.#timing.subscribeTimeoutMs;
    let subscribedAt: number | undefined;
    let verdict: Attempt | undefined;
    const onSubscribed = ({ subscribed }: SchedulerEventOf<"SUBSCRIBED">) => {
      const heartbeatMs = (subscribed.heartbeat_interval_seconds ?? 0) * 1000 || this.#timing.heartbeatMs;
      maxSilenceMs = heartbeatMs * this.#timing.missedHeartbeats;
      subscribedAt = this.#clock.monotonic();
      this.#search.leads(endpoint);
      this.#subscription = { target, streamId, frameworkId: subscribed.framework_id.value, abort };
      this.#log.info("subscribed to the Mesos master", { master, frameworkId: subscribed.framework_id.value });
      this.#setState("subscribed", master);
    };
    const end = await readEvents(response, {
      clock: this.#clock,
      signal,
      maxSilenceMs: () => maxSilenceMs,
      ...(this.#options.maxRecordBytes === undefined ? {} : { maxRecordBytes: this.#options.maxRecordBytes }),
      onEvent: async (value) => {
        const event = parseSchedulerEvent(value);
        if (event.type === "HEARTBEAT") return;
        if (event.type === "ERROR") {
          this.#subscription = undefined;
          this.#setState("disconnected", event.error.message);
          verdict = await this.#decide(problemOfErrorEvent(event.error.message), master);
          abort.abort(new Error(event.error.message));
          return;
        }
        if (event.type === "SUBSCRIBED") onSubscribed(event);
        else if (subscribedAt === undefined) throw outOfOrder(event.type);
        if (event.type === "UNKNOWN")
          this.#log.warning("an event of the Mesos master is not understood", {
            type: event.name,
            problem: event.problem,
          });
        await this.#options.handler(event);
      },
    });
    this.#subscription = undefined;
    const reason = end.kind === "aborted" && signal.aborted ? messageOf(signal.reason) : describeStreamEnd(end);
    abort.abort(new Error(reason));
    this.#channels.closeCalls();
    if (!this.#stop.signal.aborted) {
      this.#log.warning("the subscription to the Mesos master ended", { master, reason });
      this.#setState("disconnected", reason);
    }
    if (verdict !== undefined) return verdict;
    return { kind: "lost", lastedMs: subscribedAt === undefined ? 0 : this.#clock.monotonic() - subscribedAt };
  }

  async #decide(problem: SchedulerProblem, master: string): Promise<Attempt> {
    this.#log.error("the Mesos master refuses the framework", { master, kind: problem.kind, reason: problem.message });
    try {
      const decision = await (this.#options.onProblem ?? defaultDecision)(problem);
      if (decision === "retry") return { kind: "lost", lastedMs: 0 };
      return { kind: "end", end: { kind: "problem", problem } };
    } catch (error) {
      // Without a decision nothing may be tried: it could fight another instance.
      return { kind: "end", end: { kind: "failed", error } };
    }
  }
}

const outOfOrder = (type: string) =>
  new MesosProtocolError("mesos_invalid_event", `the stream begins with ${type}, not with SUBSCRIBED`);
