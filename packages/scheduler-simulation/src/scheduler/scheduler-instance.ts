// One run of the scheduler in a simulated world. It can die at any instruction. From then on, whatever it still does
// has no effect, and its timers never fire.
import { type CkeError, type Clock, silentLogger } from "@cke/foundation";
import type { InMemoryConnection, InMemoryMesos } from "@cke/mesos-local/simulation";
import type { FrameworkDependencies } from "@cke/scheduler/framework/ports/dependencies";
import type { FrameworkCall } from "@cke/scheduler/framework/ports/mesos-connection";
import { fakePki, testOptions } from "@cke/scheduler/framework/testing/scenario";
import { Sleepers } from "@cke/scheduler/framework/testing/sleepers";
import { testScheduler } from "@cke/scheduler/framework/testing/test-scheduler";
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";
import { leaderConnection } from "@cke/scheduler/leadership/leader-connection";
import type { Term } from "@cke/scheduler/store/election";
import { SleeperKind } from "@cke/scheduler/workload/testing/sleeper-kind";

export interface InstanceOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly mesos: InMemoryMesos;
  readonly term: Term;
  readonly random: () => number;
  readonly incarnation: () => string;
  readonly forgets: (call: FrameworkCall) => boolean;
  readonly options?: Partial<FrameworkDependencies["options"]>;
  /** Gets a description of every call. */
  readonly onCall: (what: string) => void;
  /** Called before and after the effect of each call. It never resolves for a scheduler that died there. */
  readonly crashPoint: (when: "before" | "after") => Promise<void>;
  readonly onFatal: (error: CkeError) => void;
}

export class SchedulerInstance {
  readonly name: string;
  readonly service: RunningClusterService;
  readonly sleepers: Sleepers;
  #alive = true;
  #port: InMemoryConnection | undefined;

  constructor(options: InstanceOptions) {
    const { name, clock, mesos, term, random, incarnation, crashPoint, onFatal, onCall } = options;
    this.name = name;
    const { framework, clusters } = testScheduler({
      options: { ...testOptions, ...options.options },
      store: term.store,
      pki: fakePki(term.store),
      connect: (hooks) => {
        const port = mesos.connect({ ...hooks, mayCall: () => this.#alive && term.holds() });
        this.#port = port;
        return leaderConnection(term, {
          ask: (type) => mesos.ask(type),
          start: () => port.start(),
          stop: () => port.stop(),
          call: async (call) => {
            await crashPoint("before");
            onCall(describeCall(call));
            if (options.forgets(call)) return { kind: "accepted", status: 202 };
            const result = await port.call(call);
            await crashPoint("after");
            return result;
          },
        });
      },
      clock: mortalClock(clock, () => this.#alive),
      logger: silentLogger,
      onFatal,
      incarnation,
      random,
      otherKinds: [new SleeperKind()],
    });
    this.service = clusters;
    this.sleepers = new Sleepers(framework, clock);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get port(): InMemoryConnection {
    if (this.#port === undefined) throw new Error("the framework makes its connection at once");
    return this.#port;
  }

  die(): void {
    this.#alive = false;
    this.port.die();
  }
}

function describeCall(call: FrameworkCall): string {
  switch (call.type) {
    case "ACCEPT":
      return `ACCEPT ${JSON.stringify(call.accept.operations?.map(({ type, launch }) => [type, ...(launch?.task_infos?.map(({ task_id }) => task_id.value) ?? [])]))}`;
    case "KILL":
      return `KILL ${call.kill.task_id.value}`;
    case "ACKNOWLEDGE":
      return `ACKNOWLEDGE ${call.acknowledge.task_id.value}`;
    default:
      return call.type;
  }
}

/** A clock whose timers do not fire once the program is dead. */
function mortalClock(clock: Clock, alive: () => boolean): Clock {
  const guarded = (action: () => void) => () => {
    if (alive()) action();
  };
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, callback) => clock.after(ms, guarded(callback)),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        clock.sleep(ms, signal).then(guarded(resolve), (error: unknown) => alive() && reject(error));
      }),
  };
}
