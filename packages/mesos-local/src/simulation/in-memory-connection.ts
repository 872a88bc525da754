// A scheduler's connection to the leading master in memory. It behaves as SchedulerConnection does: one event at a time, a
// handler that fails loses the subscription, calls never reject. Calls and events go through the same JSON as over HTTP; the
// fault model decides what happens to each of them on the way.
import { Backoff, type Clock } from "@cke/foundation";
import {
  type CallResult,
  callResultOf,
  encodeRecord,
  type HandledSchedulerEvent,
  type KnownSchedulerEvent,
  parseJson,
  parseSchedulerCall,
  parseSchedulerEvent,
  problemOfErrorEvent,
  RecordIoDecoder,
  type SchedulerCall,
  type SchedulerConnectionOptions,
  stringifyJson,
} from "@cke/mesos";
import { bodyText } from "../http/answer.ts";
import { disconnectFramework } from "../master/frameworks/framework-removal.ts";
import { subscribe } from "../master/frameworks/subscription.ts";
import { type FrameworkCall, schedulerCall } from "../master/scheduler-api/scheduler-endpoint.ts";
import type { MasterState } from "../master/state/master-state.ts";
import type { EventStream } from "../master/state/records.ts";
import { decodeMessage, encodeMessage, parseJson as readJson } from "../wire/index.ts";
import { DelayedChannel } from "./delayed-channel.ts";
import type { FaultModel } from "./fault-model.ts";

export type ConnectionHooks = Required<
  Pick<SchedulerConnectionOptions, "subscribe" | "handler" | "onProblem" | "onState" | "mayCall">
>;

interface InMemoryConnectionOptions {
  readonly hooks: ConnectionHooks;
  readonly clock: Clock;
  /** The leading master; undefined while there is none. */
  readonly master: () => MasterState | undefined;
  readonly faults: FaultModel;
  readonly random: () => number;
  readonly newId: () => string;
}

interface Subscription {
  readonly master: MasterState;
  readonly stream: EventStream;
  readonly channel: DelayedChannel;
  readonly decoder: RecordIoDecoder;
  frameworkId: string;
  silenceMs: number;
  over: boolean;
}

const callTimeoutMs = 15_000;
const missedHeartbeats = 5;

export class InMemoryConnection {
  readonly #options: InMemoryConnectionOptions;
  readonly #backoff: Backoff;
  #running = false;
  #subscription: Subscription | undefined;
  #calls: Promise<unknown> = Promise.resolve();
  #handling: Promise<unknown> = Promise.resolve();
  #cancelRetry = () => {};
  #cancelSilence = () => {};

  constructor(options: InMemoryConnectionOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: 500, maxMs: 15_000, random: options.random });
  }

  /** Subscribed as far as the scheduler knows. */
  get subscribed(): boolean {
    return this.#subscription !== undefined && this.#subscription.frameworkId !== "";
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#attempt();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelRetry();
    this.#end("stopped", true);
    await this.#handling;
  }

  /** The scheduler's process is gone; the master sees its connection break. */
  die(): void {
    this.#running = false;
    this.#cancelRetry();
    this.#end("died", true);
  }

  /** The connection breaks. `noticed`: the master learns of it at once; otherwise only by what follows. */
  breakStream(noticed: boolean): boolean {
    if (!this.subscribed) return false;
    this.#lost("the stream broke", noticed);
    return true;
  }

  /** While it is frozen no event arrives, and neither side learns of it. */
  freeze(frozen: boolean): boolean {
    this.#subscription?.channel.hold(frozen);
    return this.subscribed;
  }

  async call(call: FrameworkCall): Promise<CallResult> {
    const subscription = this.#subscription;
    if (subscription === undefined || subscription.frameworkId === "") return { kind: "not_subscribed" };
    const send = () => this.#send(subscription, call);
    // As over HTTP: acknowledgements have connections of their own, all other calls share one.
    if (call.type === "ACKNOWLEDGE") return await send();
    const result = this.#calls.then(send);
    this.#calls = result;
    return await result;
  }

  async #send(subscription: Subscription, call: FrameworkCall): Promise<CallResult> {
    const { clock, faults } = this.#options;
    if (subscription.over) return { kind: "unreachable", reason: "the subscription is over" };
    if (!this.#options.hooks.mayCall()) return { kind: "unreachable", reason: "it may not call" };
    const fate = faults.call(call);
    if (fate.kind === "lost") {
      await clock.sleep(Math.min(fate.timeoutMs, callTimeoutMs));
      return { kind: "unreachable", reason: "the call was lost" };
    }
    await clock.sleep(fate.delayMs);
    const { master, stream, frameworkId } = subscription;
    if (this.#options.master() !== master) return { kind: "unreachable", reason: "the master is gone" };
    const received = overTheWire({ framework_id: { value: frameworkId }, ...call });
    if (received.type === "SUBSCRIBE") throw new Error("a call became another one");
    const answer = schedulerCall(master, stream.id, received);
    if (fate.kind === "answer_lost") {
      await clock.sleep(Math.min(fate.timeoutMs, callTimeoutMs));
      return { kind: "unreachable", reason: "the answer was lost" };
    }
    await clock.sleep(fate.delayMs);
    const text = bodyText(answer);
    const stale = answer.status === 403 || (answer.status === 400 && /stream ID|Framework cannot/.test(text));
    if (stale && this.#subscription === subscription) this.#lost("the master no longer knows this subscription", true);
    return callResultOf({ kind: "answered", status: answer.status, text });
  }

  #attempt(): void {
    const { hooks } = this.#options;
    hooks.onState("connecting", "looking for the leading master");
    void Promise.resolve(hooks.subscribe()).then((body) => {
      const master = this.#options.master();
      if (!this.#running || !hooks.mayCall()) return;
      if (master === undefined) this.#retry();
      else this.#open(master, body);
    });
  }

  #open(master: MasterState, body: Awaited<ReturnType<ConnectionHooks["subscribe"]>>): void {
    const { clock, faults, newId } = this.#options;
    const channel = new DelayedChannel(clock, () => faults.streamDelayMs());
    const stream: EventStream = {
      id: newId(),
      send: (event) => this.#emit(subscription, event),
      end: () => channel.post(() => this.#closed(subscription)),
    };
    const subscription: Subscription = {
      master,
      stream,
      channel,
      decoder: new RecordIoDecoder(),
      frameworkId: "",
      silenceMs: callTimeoutMs,
      over: false,
    };
    this.#subscription = subscription;
    this.#watch(subscription);
    clock.after(faults.streamDelayMs(), () => {
      if (subscription.over || this.#options.master() !== master) return;
      const call = overTheWire({ type: "SUBSCRIBE", subscribe: body });
      if (call.type === "SUBSCRIBE") subscribe(master, call, stream);
    });
  }

  /** From the master onto the wire. */
  #emit(subscription: Subscription, event: KnownSchedulerEvent): void {
    const record = encodeRecord(encodeMessage("scheduler.Event", event));
    const { copies, lateMs, tornAt, ends } = this.#options.faults.event(event);
    const kept = tornAt === undefined ? record.length : Math.max(1, Math.floor(tornAt * record.length));
    const arrive = () => {
      this.#read(subscription, record.subarray(0, kept));
      if (ends === true && !subscription.over) this.#closed(subscription);
    };
    for (let copy = 0; copy <= copies; copy += 1) {
      subscription.channel.post(() => {
        if (lateMs > 0 && copy === 0) this.#options.clock.after(lateMs, arrive);
        else arrive();
      });
    }
  }

  /** Reads bytes of the stream; bytes that are no record, or no event, lose the connection. */
  #read(subscription: Subscription, bytes: Uint8Array): void {
    if (subscription.over) return;
    try {
      for (const record of subscription.decoder.push(bytes))
        this.#arrived(subscription, parseSchedulerEvent(parseJson(Buffer.from(record).toString("utf8"))));
    } catch {
      if (this.#subscription === subscription) this.#lost("the stream cannot be read", true);
    }
  }

  #arrived(subscription: Subscription, event: ReturnType<typeof parseSchedulerEvent>): void {
    this.#watch(subscription);
    if (event.type === "HEARTBEAT") return;
    // In order, one at a time; the scheduler reads on when it has handled one.
    this.#handling = this.#handling.then(async () => {
      if (subscription.over || !this.#running) return;
      if (event.type === "ERROR") await this.#refused(subscription, event.error.message);
      else await this.#handle(subscription, event);
    });
  }

  async #handle(subscription: Subscription, event: HandledSchedulerEvent): Promise<void> {
    const { hooks } = this.#options;
    if (event.type === "SUBSCRIBED") {
      subscription.frameworkId = event.subscribed.framework_id.value;
      subscription.silenceMs = (event.subscribed.heartbeat_interval_seconds ?? 15) * 1000 * missedHeartbeats;
      this.#backoff.reset();
      hooks.onState("subscribed", "a master");
    }
    try {
      await hooks.handler(event);
    } catch {
      if (this.#subscription === subscription) this.#lost("an event could not be handled", true);
    }
  }

  async #refused(subscription: Subscription, message: string): Promise<void> {
    if (this.#subscription === subscription) {
      this.#end(message, false);
      this.#options.hooks.onState("disconnected", message);
    }
    const decision = await this.#options.hooks.onProblem(problemOfErrorEvent(message));
    if (decision === "stop") this.#running = false;
    else this.#retry();
  }

  #closed(subscription: Subscription): void {
    if (this.#subscription === subscription) this.#lost("the master closed the stream", false);
  }

  #watch(subscription: Subscription): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#options.clock.after(subscription.silenceMs, () => {
      if (this.#subscription === subscription) this.#lost("nothing came for too long", true);
    });
  }

  #lost(reason: string, tell: boolean): void {
    this.#end(reason, tell);
    this.#options.hooks.onState("disconnected", reason);
    this.#retry();
  }

  #end(_reason: string, tell: boolean): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    this.#cancelSilence();
    if (subscription === undefined) return;
    subscription.over = true;
    subscription.channel.cut();
    if (!tell) return;
    const { master, stream } = subscription;
    this.#options.clock.after(1, () => {
      const framework = [...master.frameworks.values()].find((candidate) => candidate.stream?.id === stream.id);
      if (framework !== undefined) disconnectFramework(master, framework, stream.id);
    });
  }

  #retry(): void {
    if (!this.#running) return;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(this.#backoff.next(), () => this.#attempt());
  }
}

/** A call as the master reads it. */
function overTheWire(call: unknown): SchedulerCall {
  return parseSchedulerCall(decodeMessage("scheduler.Call", readJson(stringifyJson(call))));
}
