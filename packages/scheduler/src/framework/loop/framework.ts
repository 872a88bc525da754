// The loop: events of Mesos in batches, a request of the API, or a second that passes → records → steps → calls. One at a
// time, in a serial queue. What must survive is in the store before anything acts on it; everything else follows from it.
import { messageOf } from "@cke/foundation";
import { type HandledSchedulerEvent, readableOffers, type SchedulerConnectionState } from "@cke/mesos";
import type { PresentWorkloads, WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import { unblock } from "../../workload/plans/unit-steps.ts";
import { boundedEvent } from "../../workload/tasks/bounded-event.ts";
import { SerialQueue } from "../memory/serial-queue.ts";
import { isDeposed, isUnavailable } from "../memory/store-outage.ts";
import { fatalError, Session } from "../mesos/session.ts";
import { Subscription } from "../mesos/subscription.ts";
import { subscriptionRefusal } from "../mesos/subscription-refusal.ts";
import { longRefuseSeconds, shortRefuseSeconds } from "../offers/offer-handler.ts";
import type { FrameworkDependencies, MesosConnection } from "../ports/dependencies.ts";
import { compose, type FrameworkComponents } from "./composition.ts";
import { EventPump } from "./event-pump.ts";

const tickMs = 1_000;

/** Everything that a leader has on the side of Mesos. Its parts are for the services of the kinds. */
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
        if (event.type === "SUBSCRIBED") this.#session.heard(event.subscribed.framework_id.value);
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
    });
  }

  get parts(): FrameworkComponents {
    return this.#parts;
  }

  get subscription(): Subscription {
    return this.#subscription;
  }

  /** Why nothing can be stored now; "" when it can, as far as is known. */
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

  /** Lets go: tasks go on running, the framework stays registered for its failover timeout. */
  async stop(): Promise<void> {
    this.#halt();
    await this.#connection.stop();
    await this.#queue.idle();
    await this.#parts.executorMessages.stop();
  }

  #present({ name }: WorkloadKind): PresentWorkloads {
    const { ledger, calls } = this.#parts;
    return {
      workloads: () => ledger.workloads().filter(({ kind }) => kind === name),
      unitsOf: (workload) => ledger.units(workload),
      send: (agentId, executorId, message) => calls.message(agentId, executorId, message),
    };
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
    this.#dependencies.logger.error(error.message);
    this.#connection.stop().catch((problem: unknown) => {
      this.#dependencies.logger.warning("the connection to the Mesos master did not end well", {
        error: messageOf(problem),
      });
    });
    this.#dependencies.onFatal?.(error);
  }

  async #unblock(): Promise<void> {
    const { ledger } = this.#parts;
    const { clock } = this.#dependencies;
    const nodes = ledger.allUnits().flatMap((record) => {
      const free = unblock(record, clock.now());
      return free === record ? [] : [free];
    });
    await ledger.commitUnits(nodes);
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
    // Held offers are given back in time, whatever the store does.
    if (this.#running && this.#subscription.active) await this.#parts.offers.tick();
    if (!this.#running || this.#pump.outage.active) return;
    if (this.#subscription.active) {
      await this.#parts.reconciler.tick();
      await this.#parts.calls.declineAgain();
      await this.#parts.statuses.tick();
      await this.#parts.reservations.tick();
      await this.#parts.inventory.tick();
      for (const kind of this.#parts.kinds.all()) await kind.tick(this.#present(kind));
    }
    await this.#proceed();
  }

  /** A request's change, alone, and the steps that follow from it. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    this.#pump.outage.check();
    return await this.#queue.run(async () => {
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
      const requests = await this.#parts.steps.run();
      await this.#parts.offers.update(requests, active);
      if (active && ((await this.#parts.quorumYield.look(requests)) || (await this.#parts.offers.useHeld())))
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
      // It is refused again, until the store can say what that means.
      this.#pump.failed(error);
      return "retry";
    }
  }

  /** Of offers that cannot all be read: those that can; the others are declined. */
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
