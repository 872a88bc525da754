// The loop: events of Mesos in batches, a request or a second passing → records → steps → calls. One at a time, in a
// mailbox. Everything that must survive is in the store before it is acted upon; everything else follows from it again.
import { messageOf } from "@cke/foundation";
import { type HandledSchedulerEvent, readableOffers, type SchedulerConnectionState } from "@cke/mesos";
import { PresentRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import { Renderings } from "../../kubernetes/rendering/renderings.ts";
import { unblock } from "../../kubernetes/steps/node-steps.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { boundedEvent } from "../../workload/tasks/bounded-event.ts";
import { AgentInventory } from "../agents/agent-inventory.ts";
import { AgentProbe } from "../agents/agent-probe.ts";
import { AgentSizes } from "../agents/agent-size-history.ts";
import { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import { ExecutorMessages } from "../launch/executor-messages.ts";
import { Ledger } from "../memory/ledger.ts";
import { SerialQueue } from "../memory/serial-queue.ts";
import { WorkQueue } from "../memory/work-queue.ts";
import type { Ask } from "../mesos/agent-snapshot.ts";
import { MesosCalls } from "../mesos/mesos-calls.ts";
import { Reconciler } from "../mesos/reconciler.ts";
import { fatalError, Session } from "../mesos/session.ts";
import { Subscription } from "../mesos/subscription.ts";
import { subscriptionRefusal } from "../mesos/subscription-refusal.ts";
import { longRefuseSeconds, OfferHandler, shortRefuseSeconds } from "../offers/offer-handler.ts";
import { WaitReasons } from "../offers/wait-reasons.ts";
import { QuorumYield } from "../placement/quorum-yield.ts";
import { ReservationHandler } from "../reservations/reservation-handler.ts";
import { ClusterApi } from "../service/cluster-api.ts";
import { ClusterLogs } from "../service/cluster-log.ts";
import { Killer } from "../tasks/killer.ts";
import { OrphanRemovals } from "../tasks/orphan-removals.ts";
import { OrphanTimer } from "../tasks/orphan-timer.ts";
import { StatusUpdates } from "../tasks/status-updates.ts";
import { TaskAdoption } from "../tasks/task-adoption.ts";
import { UnknownTasks } from "../tasks/unknown-tasks.ts";
import type { FrameworkDependencies, MesosConnection } from "./dependencies.ts";
import { EventDispatcher } from "./event-dispatcher.ts";
import { EventPump } from "./event-pump.ts";
import type { FrameworkState } from "./state.ts";
import { StepRunner } from "./step-runner.ts";
import { isDeposed, isUnavailable } from "./store-outage.ts";

const tickMs = 1_000;

const isAbsent = ({ launch }: UnitRecord) => launch === undefined;

class Framework {
  readonly #dependencies: FrameworkDependencies;
  readonly #state: FrameworkState;
  readonly #connection: MesosConnection;
  readonly #session: Session;
  readonly #mailbox = new SerialQueue();
  readonly #pump: EventPump;
  readonly #events: EventDispatcher;
  readonly #steps: StepRunner;
  readonly #offers: OfferHandler;
  readonly #statuses: StatusUpdates;
  readonly #secrets: ExecutorMessages;
  readonly #reservations: ReservationHandler;
  readonly #yield: QuorumYield;
  readonly clusters: ClusterApi;
  readonly #subscription: Subscription;
  #running = false;
  #cancelTick: () => void = () => undefined;

  constructor(dependencies: FrameworkDependencies) {
    const { clock, logger, store, options, random } = dependencies;
    this.#dependencies = dependencies;
    this.#subscription = new Subscription(logger);
    this.#session = new Session(store, options, logger);
    this.#connection = dependencies.connect({
      subscribe: () => this.#session.subscribe(this.#offers.idleRoles()),
      handler: (event) => {
        if (event.type === "SUBSCRIBED") this.#session.heard(event.subscribed.framework_id.value);
        return this.#pump.receive(boundedEvent(this.#readable(event)));
      },
      onProblem: (problem) => this.#mailbox.run(() => this.#problem(problem)),
      onState: (state, reason) => this.#connectionState(state, reason),
      onUnavailable: (reason) => this.#subscription.refused(reason),
    });
    const calls = new MesosCalls(this.#connection, logger);
    const { ask } = this.#connection;
    const question: Ask | undefined = ask === undefined ? undefined : (type) => ask.call(this.#connection, type);
    const present = new PresentRenderer(options, dependencies.renderer);
    const agenda = new WorkQueue();
    const look = (cluster: string) => agenda.add(cluster);
    const logs = new ClusterLogs(logger, clock, (name) => this.#state.ledger.workload(name) !== undefined);
    const ledger = new Ledger(store, agenda, clock, ({ workload, unit }, problem) =>
      logs.line("error", workload, problem, { node: unit }),
    );
    const renderings = new Renderings(present, clock);
    const reconciler = new Reconciler(clock, calls, random);
    this.#state = {
      dependencies,
      clock,
      logger,
      calls,
      agenda,
      ledger,
      renderings,
      present,
      logs,
      killer: new Killer(clock, calls),
      owed: new OrphanRemovals(store, clock, (tasks) => calls.reconcile(tasks)),
      reconciler,
      probe: new AgentProbe(clock, calls),
      inventory: new AgentInventory({
        store,
        clock,
        logger,
        ledger,
        send: (agentId, executorId, message) => calls.message(agentId, executorId, message),
        // A network may be among it that clusters wait for.
        onNews: () => {
          for (const { spec } of ledger.workloads()) if (ledger.units(spec.name).some(isAbsent)) look(spec.name);
        },
      }),
      waits: new WaitReasons(),
      sizes: new AgentSizes({ clock, logger, ledger, renderings, ask: question }),
      leftovers: new OrphanTimer(),
      maintenance: new MaintenanceWindows({ clock, calls, ledger, logs, look }),
      adoptions: new TaskAdoption({
        clock,
        logger,
        logs,
        ledger,
        look,
        processes: (cluster, node) => this.#processesOf(cluster, node),
        frameworkId: () => this.#session.frameworkId,
        unanswered: (taskId) => reconciler.waitsFor(taskId),
        ask: question,
      }),
      strays: new UnknownTasks(look),
    };
    this.#pump = new EventPump({
      clock,
      logger,
      random,
      healthy: () => store.healthy(),
      run: (work) => this.#mailbox.run(work),
      handle: (events, epoch) => this.#events.handle(events, epoch),
      proceed: () => this.#proceed(),
      decline: (ids) => calls.decline(ids, shortRefuseSeconds),
      fatal: (error) => this.#fatal(error),
    });
    this.#secrets = new ExecutorMessages(this.#state);
    this.#reservations = new ReservationHandler(this.#state);
    this.#steps = new StepRunner(this.#state, this.#secrets, this.#reservations);
    this.#offers = new OfferHandler(this.#state, this.#session, this.#reservations);
    this.#yield = new QuorumYield(this.#state);
    this.#statuses = new StatusUpdates(this.#state);
    this.#events = new EventDispatcher({
      state: this.#state,
      session: this.#session,
      statuses: this.#statuses,
      offers: this.#offers,
      reservations: this.#reservations,
      secrets: this.#secrets,
      onSubscribed: () => {
        this.#subscription.begun();
        calls.forgetOffers();
      },
    });
    this.clusters = new ClusterApi({
      start: () => this.start(),
      stop: () => this.stop(),
      state: this.#state,
      steps: this.#steps,
      secrets: this.#secrets,
      subscription: this.#subscription,
      unwritable: () => this.#pump.outage.problem(),
      change: (work) => this.#change(work),
      ask: () => this.#offers.ask(),
      silence: () => this.#offers.silence(),
    });
  }

  /** Reads the store, then subscribes. Throws when the store cannot be read. */
  async start(): Promise<void> {
    await this.#session.load();
    const { ledger, renderings, logger } = this.#state;
    await ledger.load();
    await this.#reservations.load();
    await this.#state.owed.load();
    await this.#dependencies.pki.sweep(new Set(ledger.workloads().map(({ spec }) => spec.name)));
    await this.#state.inventory.load();
    const loaded = { clusters: ledger.workloads(), nodesOf: (cluster: string) => ledger.units(cluster) };
    await renderings.load(this.#dependencies.store, loaded, logger);
    await this.#unblock();
    this.#state.adoptions.loaded();
    await this.clusters.observe(false, this.#state.agenda.takeUnits());
    this.#running = true;
    this.#connection.start();
    this.#armTick();
  }

  /** Lets go: tasks go on running, the framework stays registered for its failover timeout. */
  async stop(): Promise<void> {
    this.#halt();
    await this.#connection.stop();
    await this.#mailbox.idle();
    await this.#secrets.stop();
  }

  /** Nothing is done or called any more. */
  #halt(): void {
    this.#running = false;
    this.#cancelTick();
    this.#pump.stop();
  }

  /** This scheduler can never work again. */
  #fatal(error: Parameters<NonNullable<FrameworkDependencies["onFatal"]>>[0]): void {
    if (!this.#running) return;
    this.#halt();
    this.#state.logger.error(error.message);
    this.#connection.stop().catch((problem: unknown) => {
      this.#state.logger.warning("the connection to the Mesos master did not end well", { error: messageOf(problem) });
    });
    this.#dependencies.onFatal?.(error);
  }

  #processesOf(cluster: string, node: string): readonly string[] | undefined {
    const { ledger, renderings } = this.#state;
    const spec = ledger.workload(cluster)?.spec;
    return spec === undefined ? undefined : renderings.outline(spec, node)?.processes.map(({ name }) => name);
  }

  async #unblock(): Promise<void> {
    const { ledger, clock } = this.#state;
    const nodes = ledger.allUnits().flatMap((record) => {
      const free = unblock(record, clock.now());
      return free === record ? [] : [free];
    });
    await ledger.commitUnits(nodes);
  }

  #armTick(): void {
    if (!this.#running) return;
    this.#cancelTick = this.#dependencies.clock.after(tickMs, () => {
      this.#mailbox
        .run(() => this.#tick())
        .catch((error: unknown) =>
          this.#state.logger.error("a round of the framework failed; the next one tries again", { error }),
        )
        .finally(() => this.#armTick());
    });
  }

  async #tick(): Promise<void> {
    // Held offers are given back in time, whatever the store does.
    if (this.#running && this.#subscription.active) await this.#offers.tick();
    if (!this.#running || this.#pump.outage.active) return;
    if (this.#subscription.active) {
      await this.#state.reconciler.tick();
      await this.#state.calls.declineAgain();
      await this.#statuses.tick();
      await this.#reservations.tick();
      await this.#state.inventory.tick();
    }
    await this.#proceed();
  }

  /** A request's change, alone, and the steps that follow from it. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    this.#pump.outage.check();
    return await this.#mailbox.run(async () => {
      this.#pump.outage.check();
      try {
        const result = await work();
        await this.#proceed();
        return result;
      } catch (error) {
        this.#pump.failed(error);
        throw error;
      }
    });
  }

  /** From records to calls; the phases that changed are told. */
  async #proceed(): Promise<void> {
    if (!this.#running || this.#pump.outage.active) return;
    // A store that fails must not fail the request whose change is stored already: it goes on by itself.
    try {
      const { active } = this.#subscription;
      const needs = await this.#steps.run();
      await this.#offers.update(needs, active);
      if (active && ((await this.#yield.look(needs)) || (await this.#offers.useHeld())))
        await this.#offers.update(await this.#steps.run(), active);
      await this.clusters.observe(true, this.#state.agenda.takeUnits());
    } catch (error) {
      this.#pump.failed(error);
      if (isDeposed(error) || isUnavailable(error)) return;
      this.#state.logger.error("the next steps could not be taken; they are tried again", { error: messageOf(error) });
    }
  }

  async #problem(problem: Parameters<Session["problem"]>[0]): ReturnType<Session["problem"]> {
    try {
      this.#subscription.refused(subscriptionRefusal(problem, this.#dependencies.options.principal));
      const decision = await this.#session.problem(problem, this.#state.ledger.workloads().length > 0);
      if (decision === "stop") this.#fatal(fatalError(problem));
      return decision;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // It is refused again, until the store can say what that means.
      this.#pump.failed(error);
      return "retry";
    }
  }

  /** Of offers that cannot all be read: those that can; the others are declined. */
  #readable(event: HandledSchedulerEvent): HandledSchedulerEvent {
    const read = event.type === "UNKNOWN" ? readableOffers(event) : undefined;
    if (read === undefined) return event;
    void this.#state.calls.decline(read.unreadable, longRefuseSeconds);
    return read.event;
  }

  #connectionState(state: SchedulerConnectionState, reason: string): void {
    if (state === "subscribed") return;
    // "Connecting" has no reason of its own.
    if (state !== "connecting" || this.#subscription.active) this.#subscription.lost(reason);
    this.#pump.disconnected();
    this.#state.leftovers.disconnected();
  }
}

/**
 * Everything that a leader has on the side of Mesos, behind the service of the REST API.
 *
 * ```ts
 * const clusters = createClusterService({
 *   options, store, clock, logger,
 *   pki: new PkiVault({ store, clock, logger }),
 *   connect: (hooks) => new SchedulerConnection({ ...hooks, detector, clock, logger }),
 * });
 * await clusters.start();
 * ```
 */
export function createClusterService(dependencies: FrameworkDependencies): RunningClusterService {
  return new Framework(dependencies).clusters;
}
