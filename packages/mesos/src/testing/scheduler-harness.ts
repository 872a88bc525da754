// Runs a SchedulerConnection against scripted masters, with short times, and cleans up after each test.
import type { MesosEndpoint } from "../detection/master-address.ts";
import { SchedulerConnection } from "../scheduler/scheduler-connection.ts";
import type {
  HandledSchedulerEvent,
  SchedulerConnectionOptions,
  SchedulerTiming,
} from "../scheduler/scheduler-options.ts";
import { AsyncQueue } from "./async-queue.ts";
import { ScriptedMesos, type ScriptedMesosOptions } from "./scripted-mesos.ts";

export const frameworkId = "f-1";

export const subscribed = (heartbeat_interval_seconds = 15) => ({
  type: "SUBSCRIBED",
  subscribed: { framework_id: { value: frameworkId }, heartbeat_interval_seconds },
});
export const rescind = (offer: string) => ({ type: "RESCIND", rescind: { offer_id: { value: offer } } });
export const errorEvent = (message: string) => ({ type: "ERROR", error: { message } });

export const quick: Partial<SchedulerTiming> = {
  backoffBaseMs: 5,
  backoffMaxMs: 20,
  subscribeTimeoutMs: 60_000,
  callTimeoutMs: 60_000,
};

export class SchedulerHarness {
  readonly #connections: SchedulerConnection[] = [];
  readonly #masters: ScriptedMesos[] = [];

  async master(options: ScriptedMesosOptions = {}): Promise<ScriptedMesos> {
    const mesos = await ScriptedMesos.start(options);
    this.#masters.push(mesos);
    return mesos;
  }

  /** A started connection; events wait in a queue, states are listed. */
  connect(masters: readonly MesosEndpoint[], options: Partial<SchedulerConnectionOptions> = {}) {
    const events = new AsyncQueue<HandledSchedulerEvent>();
    const states: string[] = [];
    const connection = new SchedulerConnection({
      detector: { masters: async () => masters },
      subscribe: () => ({ framework_info: { user: "root", name: "test" } }),
      handler: (event) => events.put(event),
      onState: (state) => states.push(state),
      timing: quick,
      ...options,
    });
    this.#connections.push(connection);
    connection.start();
    return { connection, events, states };
  }

  /** Stops connections, then masters. */
  async stop(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map((connection) => connection.stop()));
    await Promise.all(this.#masters.splice(0).map((master) => master.close()));
  }
}
