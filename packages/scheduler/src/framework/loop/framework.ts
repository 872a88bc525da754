// The loop of the framework: a batch of events, a request of the API, or a tick each second → records → steps → calls.
// Only one runs at a time, in a serial queue. What must survive a crash is in the store before anything acts on it.
// Everything else follows from the records.
import { messageOf } from "@cke/foundation";
import { type HandledSchedulerEvent, readableOffers, type SchedulerConnectionState } from "@cke/mesos";
import type { PresentWorkloads, WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import { doubtUnended, unblock } from "../../workload/steps/retirement.ts";
import { boundedEvent } from "../../workload/tasks/bounded-event.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { FrameworkDependencies, MesosConnection } from "../interfaces/dependencies.ts";
import { isDeposed, isUnavailable } from "../ledger/store-outage.ts";
import { fatalError, Session } from "../mesos/session.ts";
import { Subscription } from "../mesos/subscription.ts";
import { subscriptionRefusal } from "../mesos/subscription-refusal.ts";
import { longRefuseSeconds, shortRefuseSeconds } from "../offers/offer-handler.ts";
import { compose, type FrameworkComponents } from "./composition.ts";
import { EventPump } from "./event-pump.ts";
import { SerialQueue } from "./serial-queue.ts";

const tickMs = 1_000;

/** Everything that a leader has for Mesos. The services of the kinds use its parts. */
export class Framework {
  readonly #dependencies: FrameworkDependencies;
  readonly #connection: MesosConnection;
  readonly #session: Session;
  readonly #subscription: Subscription;
  readonly #queue = new SerialQueue();
  readonly #pump: EventPump;
  readonly #parts: FrameworkComponents;
  #running = false;
  #cancelTick: () => void = () => undefined;

  constructor(dependencies: FrameworkDependencies) {
    const { clock, logger, store, options, random } = dependencies;
    this.#dependencies = dependencies;
    this.#subscription = new Subscription(logger);
    this.#session = new Session(store, options, logger);
    this.#connection = dependencies.connect({
      subscribe: () => this.#session.subscribe(this.#parts.offers.idleRoles()),
      handler: (event) => {
        if (event.type === "SUBSCRIBED") {
          this.#session.heard(event.subscribed.framework_id.value);
          // Now, and not when the event is handled: while the store is away, offers of this subscription are declined before.
          this.#parts.calls.forgetOffers();
        }
        return this.#pump.receive(boundedEvent(this.#readable(event)));
      },
      onProblem: (problem) => this.#queue.run(() => this.#problem(problem)),
      onState: (state, reason) => this.#connectionState(state, reason),
      onUnavailable: (reason) => this.#subscription.refused(reason),
    });
    this.#pump = new EventPump({
      clock,
      logger,
      random,
      healthy: () => store.healthy(),
      run: (work) => this.#queue.run(work),
      handle: (events, epoch) => this.#parts.events.handle(events, epoch),
      proceed: () => this.#proceed(),
      decline: (ids) => this.#parts.calls.decline(ids, shortRefuseSeconds),
      fatal: (error) => this.#fatal(error),
    });
    this.#parts = compose(dependencies, {
      connection: this.#connection,
      session: this.#session,
      subscription: this.#subscription,
      unwritable: () => this.#pump.outage.problem(),
      wake: () => void this.#queue.run(() => this.#proceed()),
    });
  }

  get parts(): FrameworkComponents {
    return this.#parts;
  }

  get subscription(): Subscription {
    return this.#subscription;
  }

  /** Why nothing can be stored now; "" when storing works, as far as is known. */
  unwritable(): string {
    return this.#pump.outage.problem();
  }

  /** Reads the store, then subscribes. Throws when the store cannot be read. */
  async start(): Promise<void> {
    await this.#session.load();
    const { ledger, kinds, reservations, orphanRemovals, inventory, taskAdoption, plans, workQueue } = this.#parts;
    await ledger.load();
    await reservations.load();
    await orphanRemovals.load();
    await inventory.load();
    for (const kind of kinds.all()) await kind.load(this.#present(kind));
    await this.#unblock();
    taskAdoption.loaded();
    await plans.observe(false, workQueue.takeUnits());
    this.#running = true;
    this.#connection.start();
    this.#armTick();
  }

  /** Stops. Tasks go on running, and the framework stays registered for its failover timeout. */
  async stop(): Promise<void> {
    this.#halt();
    await this.#connection.stop();
    await this.#parts.planActions.stop();
    await this.#queue.idle();
    await this.#parts.executorMessages.stop();
    this.#parts.logs.close();
  }

  #present({ name }: WorkloadKind): PresentWorkloads {
    const { ledger, calls } = this.#parts;
    return {
      workloads: () => ledger.workloads().filter(({ kind }) => kind === name),
      unitsOf: (workload) => ledger.units(workload),
      send: (agentId, executorId, message) => calls.message(agentId, executorId, message),
    };
  }

  /** From now on nothing is done or called. */
  #halt(): void {
    this.#running = false;
    this.#cancelTick();
    this.#pump.stop();
  }

  /** Ends the framework, because this scheduler can never work again. */
  #fatal(error: Parameters<NonNullable<FrameworkDependencies["onFatal"]>>[0]): void {
    if (!this.#running) return;
    this.#halt();
    this.#dependencies.logger.error(error.message);
    this.#connection.stop().catch((problem: unknown) => {
      this.#dependencies.logger.warning("the connection to the Mesos master did not end well", {
        error: messageOf(problem),
      });
    });
    this.#dependencies.onFatal?.(error);
  }

  async #unblock(): Promise<void> {
    const { ledger, kinds } = this.#parts;
    const { clock } = this.#dependencies;
    const units = ledger.allUnits().flatMap((record) => {
      const owner = ledger.workload(record.workload);
      const unblocked = unblock(record, clock.now());
      const toRun = owner !== undefined && wishOf(owner, record.unit) === "run";
      const free = toRun ? doubtUnended(unblocked, kinds.of(owner).rules) : unblocked;
      return free === record ? [] : [free];
    });
    await ledger.commitUnits(units);
  }

  #armTick(): void {
    if (!this.#running) return;
    this.#cancelTick = this.#dependencies.clock.after(tickMs, () => {
      this.#queue
        .run(() => this.#tick())
        .catch((error: unknown) =>
          this.#dependencies.logger.error("a round of the framework failed; the next one tries again", { error }),
        )
        .finally(() => this.#armTick());
    });
  }

  async #tick(): Promise<void> {
    // Held offers are declined in time, whatever the store does.
    if (this.#running && this.#subscription.active) await this.#parts.offers.tick();
    if (!this.#running || this.#pump.outage.active) return;
    if (this.#subscription.active) {
      await this.#parts.reconciler.tick();
      await this.#parts.calls.declineAgain();
      await this.#parts.statuses.tick();
      await this.#parts.reservations.tick();
      await this.#parts.replacedAgents.tick();
      await this.#parts.inventory.tick();
      await this.#tickKinds();
    }
    await this.#proceed();
  }

  /** What one kind cannot do keeps neither the others nor the steps: it is tried in the next round. */
  async #tickKinds(): Promise<void> {
    for (const kind of this.#parts.kinds.all()) {
      try {
        await kind.tick(this.#present(kind));
      } catch (error) {
        this.#pump.failed(error);
        this.#dependencies.logger.error("a round of a kind failed", { kind: kind.name, error: messageOf(error) });
      }
    }
  }

  /** Carries out the change of a request alone, and takes the steps that follow from it. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    this.#pump.outage.check();
    return await this.#queue.run(async () => {
      this.#pump.outage.check();
      try {
        const result = await work();
        // Units that run hear of the change at once.
        if (this.#running && this.#subscription.active) await this.#tickKinds();
        await this.#proceed();
        return result;
      } catch (error) {
        this.#pump.failed(error);
        throw error;
      }
    });
  }

  /** From records to calls. Then reports the phases that have changed. */
  async #proceed(): Promise<void> {
    if (!this.#running || this.#pump.outage.active) return;
    // A failure here must not fail the request: its change is stored, and the steps are tried again.
    try {
      const { active } = this.#subscription;
      const requests = await this.#parts.steps.run();
      await this.#parts.offers.update(requests, active);
      if (active && ((await this.#parts.quorumEviction.look(requests)) || (await this.#parts.offers.useHeld())))
        await this.#parts.offers.update(await this.#parts.steps.run(), active);
      await this.#parts.plans.observe(true, this.#parts.workQueue.takeUnits());
    } catch (error) {
      this.#pump.failed(error);
      if (isDeposed(error) || isUnavailable(error)) return;
      this.#dependencies.logger.error("the next steps could not be taken; they are tried again", {
        error: messageOf(error),
      });
    }
  }

  async #problem(problem: Parameters<Session["problem"]>[0]): ReturnType<Session["problem"]> {
    try {
      this.#subscription.refused(subscriptionRefusal(problem, this.#dependencies.options.principal));
      const decision = await this.#session.problem(problem, this.#parts.ledger.workloads().length > 0);
      if (decision === "stop") this.#fatal(fatalError(problem));
      return decision;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // Mesos refuses the framework again at the next try; by then the store may answer.
      this.#pump.failed(error);
      return "retry";
    }
  }

  /** Of an offers event that cannot be read completely: the readable offers. The others are declined. */
  #readable(event: HandledSchedulerEvent): HandledSchedulerEvent {
    const read = event.type === "UNKNOWN" ? readableOffers(event) : undefined;
    if (read === undefined) return event;
    void this.#parts.calls.decline(read.unreadable, longRefuseSeconds);
    return read.event;
  }

  #connectionState(state: SchedulerConnectionState, reason: string): void {
    if (state === "subscribed") return;
    // "Connecting" has no reason of its own.
    if (state !== "connecting" || this.#subscription.active) this.#subscription.lost(reason);
    this.#pump.disconnected();
    this.#parts.orphanTimer.disconnected();
  }
}
