// A simulated world: Mesos in memory, a store, schedulers that start and die, and a clock. Scripts use it as it is;
// seeded runs add faults. Everything depends only on the virtual clock and the seed.
import { messageOf } from "@cke/foundation";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { InMemoryMesos, VirtualClock } from "@cke/mesos-local/simulation";
import { isResourceTask } from "@cke/scheduler/workload/records/resource-tasks";
import { Checker, Violation } from "../checks/checker.ts";
import { Journal } from "../checks/journal.ts";
import { allUnexplained } from "../checks/stated-reasons.ts";
import { checkStopped } from "../checks/stopped-rule.ts";
import { FaultIntensity } from "../fault-model/fault-intensity.ts";
import { FaultCount } from "../fault-model/fault-kinds.ts";
import { type CrashPoint, SchedulerCrashPoint } from "../fault-model/scheduler-crash-point.ts";
import { type Hosts, isAlive, type MovesDisks, type RunsGuest, type VmWorld } from "../hosts/container.ts";
import type { ExecutorWorld, KubeNodeExecutor } from "../hosts/kube-node-executor.ts";
import { SimulatedEtcd } from "../hosts/simulated-etcd.ts";
import { simulatedExecutors } from "../hosts/simulated-executors.ts";
import { SimulatedKubernetes } from "../hosts/simulated-kubernetes.ts";
import { VmChannels } from "../hosts/vm-channels.ts";
import { SchedulerInstance } from "../scheduler/scheduler-instance.ts";
import { SimulatedStore } from "../scheduler/simulated-store.ts";
import { kubernetesClusters } from "../scheduler/stored-nodes.ts";
import type { WorldOptions } from "./world-options.ts";

export const partitionGraceSeconds = 600;

const checkEveryMs = 5_000;
/** Every so many ticks the world checks that the API gives a reason for everything that does not run. */
const explainEvery = 6;
export class World {
  readonly clock = new VirtualClock();
  readonly journal = new Journal(() => this.clock.now());
  readonly faults = new FaultCount();
  readonly random: () => number;
  readonly hosts: Hosts = new Map();
  readonly executors = new Map<string, KubeNodeExecutor>();
  readonly vmExecutors = new Map<string, RunsGuest>();
  readonly diskMovers = new Map<string, MovesDisks>();
  readonly faultIntensity: FaultIntensity;
  readonly store: SimulatedStore;
  readonly mesos: InMemoryMesos;
  readonly checker: Checker;
  readonly crashPoint: SchedulerCrashPoint;
  readonly kubernetes: SimulatedKubernetes;
  readonly etcd: SimulatedEtcd;
  readonly #options: WorldOptions;
  readonly #instances: SchedulerInstance[] = [];
  #violation: Violation | undefined;
  #launches = 0;
  #ticks = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.random = seededRandom(options.seed ?? 1);
    const { clock, hosts } = this;
    this.kubernetes = new SimulatedKubernetes({
      clock,
      random: this.random,
      live: () => new Set(this.checker.live().map(({ key }) => key)),
      lost: () => this.faultIntensity.kubernetes(),
      note: (words) => this.journal.note(words),
    });
    this.crashPoint = new SchedulerCrashPoint((kind, words) => {
      this.faults.add(kind);
      this.journal.note(words);
    });
    this.faultIntensity = new FaultIntensity({
      random: this.random,
      faults: this.faults,
      now: () => clock.now(),
      onCall: (call) => this.watch(() => this.checker.call(call)),
      onEvent: (event) => {
        this.checker.event(event);
        if (event.type === "UPDATE") {
          const { task_id, state, reason = "" } = event.update.status;
          this.journal.note(`master: ${task_id.value} ${state} ${reason}`.trimEnd());
        } else if (event.type !== "HEARTBEAT" && event.type !== "OFFERS") this.journal.note(`master: ${event.type}`);
      },
    });
    this.store = new SimulatedStore({
      clock,
      fate: (commit) => this.faultIntensity.store(commit),
      onApplied: (operations) => {
        this.journal.note(`store: ${operations.map(({ op, key }) => `${op} ${key}`).join(", ")}`);
        this.watch(() => this.checker.applied(operations));
      },
      onRestored: () => {
        this.journal.note("store: restored from a backup");
        this.checker.restored();
      },
    });
    const executorWorld: ExecutorWorld & VmWorld = {
      hosts,
      ...{ executors: this.executors, vmExecutors: this.vmExecutors, now: () => this.clock.now() },
      imageMissing: () => options.imageMissing?.() ?? false,
      onContainer: (host, key, container) => {
        this.journal.note(`${host}: container of ${key}`);
        this.watch(() => this.checker.container(host, key, container));
        if (options.watchEtcd === true) this.watch(() => this.#lookAtEtcd());
      },
      ...{ diskMovers: this.diskMovers, isAlive: (host, id) => isAlive(this.mesos.agent(host), id) },
      onRemoval: (executorId: string, instanceId: string, hostname?: string) => {
        this.journal.note(`${executorId} removes the data of ${instanceId}`);
        this.watch(() => this.checker.removed(executorId, instanceId, hostname));
      },
      onBrokenCopy: (words) =>
        this.watch(() => {
          throw new Violation(words);
        }),
      onLaunch: (host, tasks) => {
        this.journal.note(`${host.hostname}: launch ${tasks.map(({ task_id }) => task_id.value).join(", ")}`);
        this.watch(() => this.checker.launched(host, new Set(tasks.map(({ task_id }) => task_id.value))));
      },
    };
    this.mesos = new InMemoryMesos({
      agents: options.agents ?? ["a", "b", "c"].map((hostname) => ({ hostname, resources: defaultResources })),
      behaviour: simulatedExecutors(executorWorld),
      clock,
      random: this.random,
      faults: this.faultIntensity,
      linkDelayMs: () => 0.2 + this.random() * 2,
      executorStartMs: () => 200 + this.random() * 3_000,
    });
    this.etcd = new SimulatedEtcd({
      clock,
      random: this.random,
      hosts,
      values: this.store.values,
      live: () =>
        this.checker
          .live()
          .filter(({ agent }) => agent.up && agent.registered && !agent.link.partitioned)
          .map(({ key, agent }) => ({ key, hostname: agent.hostname })),
      lost: () => this.faultIntensity.kubernetes(),
      note: (words) => this.journal.note(words),
    });
    this.checker = new Checker({
      mesos: () => this.mesos,
      hosts,
      values: this.store.values,
      now: () => clock.now(),
      partitionGraceMs: partitionGraceSeconds * 1000,
    });
    this.#check();
  }

  /** Starts Mesos and a first scheduler. */
  async start(): Promise<this> {
    this.mesos.start();
    this.startScheduler();
    await this.clock.pass(5_000);
    return this;
  }

  /** The scheduler that was started last, if it is alive. Earlier ones lead no more. */
  get leader(): SchedulerInstance | undefined {
    const last = this.#instances.at(-1);
    return last?.alive === true ? last : undefined;
  }

  /** A new scheduler takes the leadership over. The former leader learns it from the store or from Mesos. */
  startScheduler({ noticed = true }: { readonly noticed?: boolean } = {}): void {
    const name = `scheduler-${this.#instances.length + 1}`;
    this.journal.note(`${name} starts`);
    let instance: SchedulerInstance | undefined;
    const reach = (at: CrashPoint) => this.crashPoint.reach(at, instance, instance === this.leader);
    const fair = this.store.lead(() => reach("commit"), noticed);
    const { breakStore } = this.#options;
    const term = breakStore === undefined ? fair : { ...fair, store: breakStore(fair.store) };
    const created = new SchedulerInstance({
      name,
      clock: this.clock,
      mesos: this.mesos,
      term,
      random: this.random,
      incarnation: this.#options.incarnation ?? (() => `i${++this.#launches}`),
      forgets: this.#options.forgets ?? (() => false),
      options: { partitionGraceSeconds, ...this.#options.options },
      onCall: (what) => this.journal.note(`${name}: ${what}`),
      crashPoint: () => reach("call"),
      kubernetes: this.kubernetes,
      etcd: (...asked) => this.etcd.transport(...asked),
      channels: new VmChannels(this),
      onFatal: (error) => {
        this.journal.note(`${name} gives up: ${error.code}`);
        created.die();
      },
    });
    instance = created;
    fair.lost.addEventListener("abort", () => {
      this.journal.note(`${name} has lost its term`);
      created.die();
    });
    this.#instances.push(created);
    created.service.start().catch((error: unknown) => {
      this.journal.note(`${name} does not start: ${messageOf(error)}`);
      created.die();
    });
  }

  /**
   * Restores a backup as operations.md describes it: all schedulers are stopped, the store is restored, a scheduler is
   * started.
   */
  async restore(backup: ReadonlyMap<string, unknown>): Promise<void> {
    this.leader?.die();
    await this.store.restore(backup);
    this.startScheduler();
  }

  /** Asks the leader. Undefined when there is none or it refuses; the journal says which. */
  async ask<T>(what: string, work: (instance: SchedulerInstance) => Promise<T>): Promise<T | undefined> {
    const { leader } = this;
    if (leader === undefined) return undefined;
    // A leader that dies meanwhile never answers.
    const answer = work(leader).catch((error: unknown) => {
      this.journal.note(`${what} refused: ${messageOf(error)}`);
      return undefined;
    });
    let done: { readonly value: T | undefined } | undefined;
    void answer.then((value) => {
      done = { value };
    });
    await this.clock.pass(30_000, () => done !== undefined || !leader.alive);
    this.throwViolation();
    return done?.value;
  }

  /** Nothing waits for the answer. */
  request(what: string, work: (instance: SchedulerInstance) => Promise<unknown>): void {
    const { leader } = this;
    if (leader === undefined) return;
    work(leader).catch((error: unknown) => this.journal.note(`${what} refused: ${messageOf(error)}`));
  }

  /** The host's agent, executors and containers end. */
  powerOff(hostname: string): void {
    this.mesos.agent(hostname).powerOff();
    for (const container of this.hosts.get(hostname)?.values() ?? []) container.running = false;
  }

  /** Lets time pass. Throws the checker's violations. */
  async pass(ms: number, until: () => boolean = () => false): Promise<void> {
    await this.clock.pass(ms, () => this.#violation !== undefined || until());
    this.throwViolation();
  }

  throwViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** The processes of a node that really run, by name; the node's own task is "node". */
  running(cluster: string, node: string): readonly string[] {
    const prefix = `${cluster}/${node}/`;
    return this.checker
      .live()
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key }) => key.slice(prefix.length) || "node")
      .filter((process) => !isResourceTask({ process }))
      .sort();
  }

  /** Notes a Violation that the check throws: the run ends with it. */
  watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.journal.note(`VIOLATION: ${error.message}`);
      this.#violation ??= error;
    }
  }

  #lookAtEtcd(): void {
    const harm = this.etcd.look(kubernetesClusters(this.store.values));
    if (harm.length > 0) throw new Violation(harm.join("; "));
  }

  #explain(): void {
    const { leader } = this;
    if (leader?.service.connected() !== true) return;
    const problems = allUnexplained(leader);
    if (problems.length > 0) throw new Violation(`nothing says why ${problems.join("; ")}`);
  }

  #check(): void {
    this.clock.after(checkEveryMs, () => {
      this.watch(() => this.checker.tick());
      this.watch(() => checkStopped(this));
      this.#ticks += 1;
      if (this.#options.watchEtcd === true) this.watch(() => this.#lookAtEtcd());
      if (this.#ticks % explainEvery === 0) this.watch(() => this.#explain());
      this.#check();
    });
  }
}

const defaultResources = "cpus:16;mem:65536;disk:20000;ports:[31000-35000]";
