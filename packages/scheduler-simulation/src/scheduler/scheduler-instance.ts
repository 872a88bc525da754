// One run of the scheduler in a simulated world. It can die at any instruction. From then on, whatever it still does
// has no effect, and its timers never fire.

import { type CkeError, type Clock, silentLogger } from "@cke/foundation";
import type { InMemoryConnection, InMemoryMesos } from "@cke/mesos-local/simulation";
import type { WorkloadChannels } from "@cke/scheduler/channel/workload-channels";
import type { FrameworkDependencies } from "@cke/scheduler/framework/interfaces/dependencies";
import type { FrameworkCall } from "@cke/scheduler/framework/interfaces/mesos-connection";
import { fakePki, testOptions } from "@cke/scheduler/framework/testing/scenario";
import { Sleepers } from "@cke/scheduler/framework/testing/sleepers";
import { testScheduler } from "@cke/scheduler/framework/testing/test-scheduler";
import type { KubernetesClient } from "@cke/scheduler/kubernetes/access/kubernetes-client";
import type { EtcdTransport } from "@cke/scheduler/kubernetes/etcd/etcd-gateway";
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";
import type { NodeService } from "@cke/scheduler/kubernetes/views/node-service";
import type { ProcessService } from "@cke/scheduler/kubernetes/views/process-service";
import { leaderClient, leaderEtcd } from "@cke/scheduler/leadership/leader-access";
import { leaderConnection } from "@cke/scheduler/leadership/leader-connection";
import type { Term } from "@cke/scheduler/store/election";
import type { VmControl } from "@cke/scheduler/vm/views/vm-control-service";
import type { VmService } from "@cke/scheduler/vm/views/vm-service";
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
  /** The API servers of all clusters. */
  readonly kubernetes: KubernetesClient;
  /** To executors of VMs. */
  readonly channels: Pick<WorkloadChannels, "open">;
  /** The etcds of a cluster. */
  readonly etcd: (cluster: string, signal: AbortSignal) => EtcdTransport;
}

export class SchedulerInstance {
  readonly name: string;
  readonly service: RunningClusterService;
  readonly nodes: NodeService;
  readonly processes: ProcessService;
  readonly sleepers: Sleepers;
  readonly vms: VmService;
  readonly vmControl: VmControl;
  #alive = true;
  #port: InMemoryConnection | undefined;

  constructor(options: InstanceOptions) {
    const { name, clock, mesos, term, random, incarnation, crashPoint, onFatal, onCall } = options;
    this.name = name;
    const { framework, clusters, nodes, processes, vms, vmControl } = testScheduler({
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
      channels: options.channels,
      client: mortalClient(leaderClient(term, options.kubernetes), () => this.#alive),
      etcd: (...asked) => mortalEtcd(leaderEtcd(term, options.etcd)(...asked), () => this.#alive),
    });
    this.service = clusters;
    this.nodes = nodes;
    this.processes = processes;
    this.vms = vms;
    this.vmControl = vmControl;
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

/** What is asked does not leave a program that is dead, and its answer does not reach it. */
function mortal<T>(ask: () => Promise<T>, alive: () => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!alive()) return;
    ask().then(
      (answer) => alive() && resolve(answer),
      (error: unknown) => alive() && reject(error),
    );
  });
}

const mortalClient = (client: KubernetesClient, alive: () => boolean): KubernetesClient => ({
  request: (...asked) => mortal(() => client.request(...asked), alive),
});

const mortalEtcd = (etcd: EtcdTransport, alive: () => boolean): EtcdTransport => ({
  post: (...asked) => mortal(() => etcd.post(...asked), alive),
});

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
