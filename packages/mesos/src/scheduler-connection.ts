// A framework's connection to the leading master: one subscription at a time, made again for as long as it is wanted.
// SUBSCRIBE has a connection of its own; calls go over others and carry the stream id of the current subscription. Calls
// share one connection, so that they arrive in order; only acknowledgements, whose order means nothing, have a few more.
import { setMaxListeners } from "node:events";
import { Backoff, CkeError, type Clock, type Logger, messageOf, silentLogger, systemClock } from "@cke/foundation";
import { type CallResult, callResultOf } from "./call-result.ts";
import { describeStreamEnd, readEvents } from "./event-stream.ts";
import { HttpChannel, type HttpTarget } from "./http-channel.ts";
import { stringifyJson } from "./json.ts";
import { describeEndpoint, type MesosEndpoint } from "./master-address.ts";
import {
  defaultSchedulerTiming,
  type SchedulerConnectionEnd,
  type SchedulerConnectionOptions,
  type SchedulerConnectionState,
  type SchedulerTiming,
} from "./scheduler-options.ts";
import { defaultDecision, problemOfErrorEvent, type SchedulerProblem } from "./scheduler-problem.ts";
import { type SubscribeAnswer, sendSubscribe, showsStaleSubscription } from "./scheduler-subscribe.ts";
import type { SchedulerCall } from "./v1/scheduler-call.ts";
import { parseSchedulerEvent, type SchedulerEventOf } from "./v1/scheduler-event.ts";

const acknowledgementSockets = 4;
const maxRedirects = 5;

interface Subscription {
  readonly target: HttpTarget;
  readonly streamId: string | undefined;
  readonly frameworkId: string;
  /** Ends the subscription and every call that waits for an answer. */
  readonly abort: AbortController;
}

/** What became of one attempt to subscribe. */
type Attempt =
  | { readonly kind: "end"; readonly end: SchedulerConnectionEnd }
  | { readonly kind: "redirected"; readonly to: MesosEndpoint }
  | { readonly kind: "unavailable" }
  | { readonly kind: "lost"; readonly lastedMs: number };

export class SchedulerConnection {
  readonly #options: SchedulerConnectionOptions;
  readonly #timing: SchedulerTiming;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #streams: HttpChannel;
  readonly #calls: HttpChannel;
  readonly #acknowledgements: HttpChannel;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<SchedulerConnectionEnd>();
  #state: SchedulerConnectionState = "disconnected";
  #running = false;
  #subscription: Subscription | undefined;
  /** The master that was leading last: tried first. */
  #leader: MesosEndpoint | undefined;

  constructor(options: SchedulerConnectionOptions) {
    this.#options = options;
    this.#timing = { ...defaultSchedulerTiming, ...options.timing };
    this.#clock = options.clock ?? systemClock;
    this.#log = options.logger ?? silentLogger;
    const { credentials, ca } = options;
    const header = (principal: string, secret: string) =>
      `Basic ${Buffer.from(`${principal}:${secret}`, "utf8").toString("base64")}`;
    const security = {
      ...(ca === undefined ? {} : { ca }),
      authorization: () => credentials && header(credentials.principal, credentials.secret),
    };
    const channel = (maxSockets: number) => new HttpChannel(security, this.#clock, maxSockets, options.mayCall);
    this.#streams = channel(Number.POSITIVE_INFINITY);
    this.#calls = channel(1);
    this.#acknowledgements = channel(acknowledgementSockets);
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
    this.#run().then(
      (end) => this.#finish(end),
      (error: unknown) => this.#finish(this.#stop.signal.aborted ? { kind: "stopped" } : { kind: "failed", error }),
    );
  }

  /** Drops the subscription (the framework stays registered for its failover timeout) and waits for the handler. */
  async stop(): Promise<void> {
    const reason = new Error("the connection was stopped");
    this.#stop.abort(reason);
    this.#subscription?.abort.abort(reason);
    if (this.#running) await this.#ended.promise;
    else this.#finish({ kind: "stopped" });
  }

  /**
   * Sends a call with the framework id and stream id of the current subscription. Never rejects. A rejection that shows
   * that the subscription is no longer the master's makes the connection subscribe anew.
   */
  async call(call: Exclude<SchedulerCall, { type: "SUBSCRIBE" }>): Promise<CallResult> {
    const subscription = this.#subscription;
    if (subscription === undefined) return { kind: "not_subscribed" };
    const { frameworkId, streamId, target, abort } = subscription;
    const acknowledges = call.type === "ACKNOWLEDGE" || call.type === "ACKNOWLEDGE_OPERATION_STATUS";
    const channel = acknowledges ? this.#acknowledgements : this.#calls;
    const answer = await channel.post(target, stringifyJson({ framework_id: { value: frameworkId }, ...call }), {
      headers: streamId === undefined ? {} : { "Mesos-Stream-Id": streamId },
      timeoutMs: this.#timing.callTimeoutMs,
      signal: abort.signal,
    });
    if (answer.kind === "answered" && showsStaleSubscription(answer.status, answer.text)) {
      abort.abort(new Error(`the master no longer knows this subscription (${answer.status} ${answer.text.trim()})`));
    }
    return callResultOf(answer);
  }

  #finish(end: SchedulerConnectionEnd): void {
    this.#subscription = undefined;
    for (const channel of [this.#streams, this.#calls, this.#acknowledgements]) channel.close();
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
      try {
        const attempt = await this.#round(signal);
        if (attempt.kind === "end") return attempt.end;
        // A subscription that ended at once must not reset the backoff, or a broken one would be made in a tight loop.
        if (attempt.kind === "lost" && attempt.lastedMs >= this.#timing.backoffMaxMs) backoff.reset();
      } catch (error) {
        if (signal.aborted || !(error instanceof CkeError) || !error.retryable) throw error;
        this.#log.warning("the Mesos master cannot be subscribed to yet", { error: messageOf(error) });
      }
      if (!signal.aborted) await this.#clock.sleep(backoff.next(), signal);
    }
    return { kind: "stopped" };
  }

  /** Tries every master once, the last leader first, until one takes the subscription (and loses it) or refuses it. */
  async #round(signal: AbortSignal): Promise<Exclude<Attempt, { kind: "redirected" }>> {
    const masters = await this.#options.detector.masters(signal);
    const leader = this.#leader;
    const name = leader && describeEndpoint(leader);
    const others = masters.filter((master) => describeEndpoint(master) !== name);
    for (const endpoint of leader === undefined ? others : [leader, ...others]) {
      const attempt = await this.#follow(endpoint);
      if (attempt.kind !== "unavailable" || signal.aborted) return attempt;
    }
    return { kind: "unavailable" };
  }

  /** Tries a master and whatever it redirects to. */
  async #follow(first: MesosEndpoint): Promise<Exclude<Attempt, { kind: "redirected" }>> {
    let endpoint = first;
    for (let hop = 0; hop <= maxRedirects && !this.#stop.signal.aborted; hop += 1) {
      const attempt = await this.#attempt(endpoint);
      if (attempt.kind !== "redirected") return attempt;
      this.#log.debug("the master redirects to the leader", {
        master: describeEndpoint(endpoint),
        leader: describeEndpoint(attempt.to),
      });
      endpoint = attempt.to;
    }
    return { kind: "unavailable" };
  }

  async #attempt(endpoint: MesosEndpoint): Promise<Attempt> {
    const master = describeEndpoint(endpoint);
    const abort = new AbortController();
    // Every call in flight listens to it.
    setMaxListeners(0, abort.signal);
    const signal = AbortSignal.any([abort.signal, this.#stop.signal]);
    const answer = await sendSubscribe(this.#streams, endpoint, await this.#options.subscribe(), {
      timeoutMs: this.#timing.subscribeTimeoutMs,
      signal,
    });
    if (answer.kind === "open") return await this.#listen(endpoint, answer, abort, signal);
    this.#leader = undefined;
    if (answer.kind === "redirected") return answer;
    if (answer.kind === "refused") return await this.#decide(answer.problem, master);
    if (!this.#stop.signal.aborted) {
      this.#log.warning("the Mesos master is not available", { master, reason: answer.reason });
    }
    return { kind: "unavailable" };
  }

  async #listen(
    endpoint: MesosEndpoint,
    { response, target, streamId }: Extract<SubscribeAnswer, { kind: "open" }>,
    abort: AbortController,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const master = describeEndpoint(endpoint);
    let maxSilenceMs = this.#timing.subscribeTimeoutMs;
    let subscribedAt: number | undefined;
    let verdict: Attempt | undefined;
    const onSubscribed = ({ subscribed }: SchedulerEventOf<"SUBSCRIBED">) => {
      const heartbeatMs = (subscribed.heartbeat_interval_seconds ?? 0) * 1000 || this.#timing.heartbeatMs;
      maxSilenceMs = heartbeatMs * this.#timing.missedHeartbeats;
      subscribedAt = this.#clock.monotonic();
      this.#leader = endpoint;
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
    this.#calls.close();
    this.#acknowledgements.close();
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
