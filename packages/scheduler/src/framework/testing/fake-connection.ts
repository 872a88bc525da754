// The fake master's side of schedulers' connections: events in order to the one that subscribed last, and its calls. As with
// a real connection, a handler that fails loses the subscription.
import type {
  AskResult,
  CallResult,
  HandledSchedulerEvent,
  SchedulerDecision,
  SchedulerProblem,
  SubscribeBody,
} from "@cke/mesos";
import type { ConnectionHooks, MesosConnection } from "../interfaces/dependencies.ts";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";

export interface ConnectedMaster {
  /** SUBSCRIBE. */
  subscribed(body: SubscribeBody): void;
  call(call: FrameworkCall): CallResult;
  /** A call of the operator API. */
  ask(type: string): AskResult;
}

export class FakeConnection {
  readonly #master: ConnectedMaster;
  #hooks: ConnectionHooks | undefined;
  #generation = 0;
  #events: Promise<void> = Promise.resolve();

  constructor(master: ConnectedMaster) {
    this.#master = master;
  }

  /** A new one takes over from the old. */
  connect(hooks: ConnectionHooks): MesosConnection {
    const generation = ++this.#generation;
    const current = () => generation === this.#generation && this.#hooks === hooks;
    return {
      start: () => {
        this.#hooks = hooks;
        this.#events = Promise.resolve();
        void this.#subscribe(hooks);
      },
      stop: async () => {
        if (current()) this.#hooks = undefined;
      },
      ask: async (type) => this.#master.ask(type),
      call: async (call) => (current() ? this.#master.call(call) : { kind: "not_subscribed" }),
    };
  }

  /** The scheduler is gone. */
  disconnect(): void {
    this.#hooks = undefined;
  }

  /** The stream breaks and is not made again. */
  lose(): void {
    this.#hooks?.onState("disconnected", "test");
    this.disconnect();
  }

  /** The stream breaks; whether and when it is made again is the test's. */
  interrupt(): void {
    this.#hooks?.onState("disconnected", "test");
    this.#hooks?.onState("connecting", "test");
  }

  /** A try to subscribe was in vain. */
  unavailable(reason: string): void {
    this.#hooks?.onUnavailable(reason);
  }

  /** The stream breaks and is made again. */
  reconnect(): void {
    const hooks = this.#hooks;
    if (hooks === undefined) throw new Error("not connected");
    hooks.onState("disconnected", "test");
    void this.#subscribe(hooks);
  }

  send(event: HandledSchedulerEvent): void {
    const hooks = this.#hooks;
    this.#events = this.#events
      .then(async () => {
        if (hooks !== undefined && hooks === this.#hooks) await hooks.handler(event);
      })
      .catch(() => {
        if (hooks !== undefined && hooks === this.#hooks) this.reconnect();
      });
  }

  /** The master's refusal of the framework, and what the scheduler decides. */
  async problem(problem: SchedulerProblem): Promise<SchedulerDecision | undefined> {
    return await this.#hooks?.onProblem(problem);
  }

  async #subscribe(hooks: ConnectionHooks): Promise<void> {
    const body = await hooks.subscribe();
    hooks.onState("subscribed", "test");
    this.#master.subscribed(body);
  }
}
