// A simulated world: Mesos in memory, a store, schedulers that come and go, and a clock. Scripts use it as it is; seeded runs
// add faults. Everything happens on the virtual clock and by the seed.
import { messageOf } from "@cke/foundation";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { type AgentSpec, InMemoryMesos, VirtualClock } from "@cke/mesos-local/simulation";
import type { FrameworkCall } from "@cke/scheduler/framework/ports/mesos-connection";
import type { SchedulerOptions } from "@cke/scheduler/kubernetes/service/create-cluster-service";
import type { Store } from "@cke/scheduler/store/store";
import { Checker, Violation } from "../checks/checker.ts";
import { Journal } from "../checks/journal.ts";
import { unexplained } from "../checks/stated-reasons.ts";
import { FaultIntensity } from "../fault-model/fault-intensity.ts";
import { FaultCount } from "../fault-model/fault-kinds.ts";
import { type CrashPoint, SchedulerCrashPoint } from "../fault-model/scheduler-crash-point.ts";
import type { Hosts } from "../hosts/container.ts";
import { type ExecutorWorld, KubeNodeExecutor } from "../hosts/kube-node-executor.ts";
import { SchedulerInstance } from "../scheduler/scheduler-instance.ts";
import { SimulatedStore } from "../scheduler/simulated-store.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly agents?: readonly AgentSpec[];
  readonly options?: Partial<SchedulerOptions>;
  /** Wraps every scheduler's store: to break it on purpose. */
  readonly breakStore?: (store: Store) => Store;
  /** Calls that the scheduler believes to have made, and has not: to break it on purpose. */
  readonly forgets?: (call: FrameworkCall) => boolean;
  /** Ids of launches that are not unique, on purpose. */
  readonly incarnation?: () => string;
  /** Chance that a container's image is missing. */
  readonly imageMissing?: () => boolean;
}

export const partitionGraceSeconds = 600;

const checkEveryMs = 5_000;
/** Ticks from one look at what the API says of everything that does not run to the next. */
const explainEvery = 6;

export class World {
  readonly clock = new VirtualClock();
  readonly journal = new Journal(() => this.clock.now());
  readonly faults = new FaultCount();
  readonly random: () => number;
  readonly hosts: Hosts = new Map();
  readonly executors = new Map<string, KubeNodeExecutor>();
  readonly faultIntensity: FaultIntensity;
  readonly store: SimulatedStore;
  readonly mesos: InMemoryMesos;
  readonly checker: Checker;
  readonly crashPoint: SchedulerCrashPoint;
  readonly #options: WorldOptions;
  readonly #instances: SchedulerInstance[] = [];
  #violation: Violation | undefined;
  #launches = 0;
  #ticks = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.random = seededRandom(options.seed ?? 1);
    const { clock, hosts } = this;
    this.crashPoint = new SchedulerCrashPoint((kind, words) => {
      this.faults.add(kind);
      this.journal.note(words);
    });
    this.faultIntensity = new FaultIntensity({
      random: this.random,
      faults: this.faults,
      now: () => clock.now(),
      onCall: (call) => this.#watch(() => this.checker.call(call)),
      onEvent: (event) => {
        this.checker.event(event);
        if (event.type === "UPDATE") {
          const { task_id, state, reason } = event.update.status;
          this.journal.note(`master: ${task_id.value} ${state}${reason === undefined ? "" : ` ${reason}`}`);
        } else if (event.type !== "HEARTBEAT" && event.type !== "OFFERS") this.journal.note(`master: ${event.type}`);
      },
    });
    this.store = new SimulatedStore({
      clock,
      fate: (commit) => this.faultIntensity.store(commit),
      onApplied: (operations) => {
        this.journal.note(`store: ${operations.map(({ op, key }) => `${op} ${key}`).join(", ")}`);
        this.#watch(() => this.checker.applied(operations));
      },
      onRestored: () => {
        this.journal.note("store: restored from a backup");
        this.checker.restored();
      },
    });
    const executorWorld: ExecutorWorld = {
      hosts,
      executors: this.executors,
      imageMissing: () => options.imageMissing?.() ?? false,
      onContainer: (host, key, container) => {
        this.journal.note(`${host}: container of ${key}`);
        this.#watch(() => this.checker.container(host, key, container));
      },
      onRemoval: (executorId, life) => {
        this.journal.note(`${executorId} removes the data of ${life}`);
        this.#watch(() => this.checker.removed(executorId, life));
      },
      onLaunch: (host, tasks) => {
        this.journal.note(`${host.hostname}: launch ${tasks.map(({ task_id }) => task_id.value).join(", ")}`);
        this.#watch(() => this.checker.launched(host, new Set(tasks.map(({ task_id }) => task_id.value))));
      },
    };
    this.mesos = new InMemoryMesos({
      agents: options.agents ?? ["a", "b", "c"].map((hostname) => ({ hostname, resources: defaultResources })),
      behaviour: (host) => new KubeNodeExecutor(host, executorWorld),
      clock,
      random: this.random,
      faults: this.faultIntensity,
      linkDelayMs: () => 0.2 + this.random() * 2,
      executorStartMs: () => 200 + this.random() * 3_000,
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

  /** Mesos and a first scheduler. */
  async start(): Promise<this> {
    this.mesos.start();
    this.startScheduler();
    await this.clock.pass(5_000);
    return this;
  }

  /** The scheduler that was started last, if it is alive: an earlier one leads no more, whatever it believes. */
  get leader(): SchedulerInstance | undefined {
    const last = this.#instances.at(-1);
    return last?.alive === true ? last : undefined;
  }

  /** A scheduler takes the leadership over, whoever has it; the one before learns it from the store or from Mesos. */
  startScheduler({ noticed = true }: { readonly noticed?: boolean } = {}): void {
    const name = `scheduler-${this.#instances.length + 1}`;
    this.journal.note(`${name} starts`);
    let instance: SchedulerInstance | undefined;
    const reach = (at: CrashPoint) => this.crashPoint.reach(at, instance, instance === this.leader);
    const fair = this.store.lead(() => reach("commit"), noticed);
    const term =
      this.#options.breakStore === undefined ? fair : { ...fair, store: this.#options.breakStore(fair.store) };
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

  /** As operations.md says it: every scheduler is stopped, the store is as it was at the backup, a scheduler starts. */
  async restore(backup: ReadonlyMap<string, unknown>): Promise<void> {
    this.leader?.die();
    await this.store.restore(backup);
    this.startScheduler();
  }

  /** Asks the leader; undefined when there is none or it refuses, which the journal says. */
  async ask<T>(what: string, work: (instance: SchedulerInstance) => Promise<T>): Promise<T | undefined> {
    const { leader } = this;
    if (leader === undefined) return undefined;
    // A leader that dies over it never answers.
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

  /** As `ask`, for what nobody waits for. */
  request(what: string, work: (instance: SchedulerInstance) => Promise<unknown>): void {
    const { leader } = this;
    if (leader === undefined) return;
    work(leader).catch((error: unknown) => this.journal.note(`${what} refused: ${messageOf(error)}`));
  }

  /** The host loses power: its agent, its executors and what runs in its containers end. */
  powerOff(hostname: string): void {
    this.mesos.agent(hostname).powerOff();
    for (const container of this.hosts.get(hostname)?.values() ?? []) container.running = false;
  }

  /** Lets time pass; throws what the checker found. */
  async pass(ms: number, until: () => boolean = () => false): Promise<void> {
    await this.clock.pass(ms, () => this.#violation !== undefined || until());
    this.throwViolation();
  }

  throwViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Processes of a node that really run, by name; its own task as "node". */
  running(cluster: string, node: string): readonly string[] {
    const prefix = `${cluster}/${node}/`;
    return this.checker
      .live()
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key }) => key.slice(prefix.length) || "node")
      .sort();
  }

  #watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.journal.note(`VIOLATION: ${error.message}`);
      this.#violation ??= error;
    }
  }

  #explain(): void {
    const { service } = this.leader ?? {};
    if (service?.connected() !== true) return;
    const problems = service.list().flatMap(({ name }) => unexplained(service.state(name)));
    if (problems.length > 0) throw new Violation(`nothing says why ${problems.join("; ")}`);
  }

  #check(): void {
    this.clock.after(checkEveryMs, () => {
      this.#watch(() => this.checker.tick());
      this.#ticks += 1;
      if (this.#ticks % explainEvery === 0) this.#watch(() => this.#explain());
      this.#check();
    });
  }
}

const defaultResources = "cpus:16;mem:65536;disk:20000;ports:[31000-35000]";
