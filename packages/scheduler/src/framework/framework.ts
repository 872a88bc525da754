// The loop: an event of Mesos, a request or a second passing → records → steps → calls. One at a time, in a mailbox.
// Everything that must survive is in the store before it is acted upon; everything else follows from it again.
import { assertNever, messageOf } from "@cke/foundation";
import type { HandledSchedulerEvent, SchedulerConnectionState, SchedulerEventOf } from "@cke/mesos";
import { launchesOf } from "../domain/launches.ts";
import { unblock } from "../domain/node-steps.ts";
import { isTerminal } from "../domain/records.ts";
import { parseTaskId } from "../domain/task-ids.ts";
import { StoreError } from "../store/store.ts";
import { ClusterDesk } from "./cluster-desk.ts";
import { ClusterLogs } from "./cluster-log.ts";
import type { FrameworkDependencies, MesosConnection } from "./dependencies.ts";
import { Killer } from "./killer.ts";
import { Ledger } from "./ledger.ts";
import { LeftoverWatch } from "./leftover-watch.ts";
import { Mailbox } from "./mailbox.ts";
import { MesosCalls } from "./mesos-calls.ts";
import { OfferDesk } from "./offer-desk.ts";
import { PresentRenderer } from "./present-renderer.ts";
import { Reconciler } from "./reconciler.ts";
import { Renderings } from "./renderings.ts";
import { SecretsDesk } from "./secrets-desk.ts";
import { fatalError, Session } from "./session.ts";
import type { FrameworkState } from "./state.ts";
import { StatusDesk } from "./status-desk.ts";
import { StepRunner } from "./step-runner.ts";
import { WaitReasons } from "./wait-reasons.ts";

const tickMs = 1_000;
/** Inverse offers are answered once an hour: a node does not move by itself. */
const inverseRefuseSeconds = 3_600;

export class Framework {
  readonly #dependencies: FrameworkDependencies;
  readonly #state: FrameworkState;
  readonly #connection: MesosConnection;
  readonly #session: Session;
  readonly #mailbox = new Mailbox();
  readonly #steps: StepRunner;
  readonly #offers: OfferDesk;
  readonly #statuses: StatusDesk;
  readonly #secrets: SecretsDesk;
  readonly clusters: ClusterDesk;
  #connected = false;
  #running = false;
  #cancelTick: () => void = () => undefined;

  constructor(dependencies: FrameworkDependencies) {
    const { clock, logger, store, options, random } = dependencies;
    this.#dependencies = dependencies;
    this.#session = new Session(store, options, logger);
    this.#connection = dependencies.connect({
      subscribe: () => this.#session.subscribe(),
      handler: (event) => this.#receive(event),
      onProblem: (problem) => this.#mailbox.run(() => this.#problem(problem)),
      onState: (state, reason) => this.#connectionState(state, reason),
    });
    const calls = new MesosCalls(this.#connection, logger);
    const present = new PresentRenderer(options, dependencies.renderer);
    this.#state = {
      dependencies,
      clock,
      logger,
      calls,
      ledger: new Ledger(store),
      renderings: new Renderings(present),
      present,
      logs: new ClusterLogs(logger),
      killer: new Killer(clock, calls),
      reconciler: new Reconciler(clock, calls, random),
      waits: new WaitReasons(),
      leftovers: new LeftoverWatch(),
    };
    this.#secrets = new SecretsDesk(this.#state);
    this.#steps = new StepRunner(this.#state, this.#secrets);
    this.#offers = new OfferDesk(this.#state);
    this.#statuses = new StatusDesk(this.#state);
    this.clusters = new ClusterDesk({
      state: this.#state,
      steps: this.#steps,
      secrets: this.#secrets,
      connected: () => this.#connected,
      change: (work) =>
        this.#mailbox.run(async () => {
          const result = await work();
          await this.#proceed();
          return result;
        }),
    });
  }

  /** Reads the store, then subscribes. Throws when the store cannot be read. */
  async start(): Promise<void> {
    await this.#session.load();
    const { ledger, renderings, logger } = this.#state;
    await ledger.load();
    const loaded = { clusters: ledger.clusters(), nodesOf: (cluster: string) => ledger.nodes(cluster) };
    await renderings.load(this.#dependencies.store, loaded, logger);
    await this.#unblock();
    this.clusters.observe(false);
    this.#running = true;
    this.#connection.start();
    this.#armTick();
  }

  /** Lets go: tasks go on running, the framework stays registered for its failover timeout. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelTick();
    await this.#connection.stop();
    await this.#mailbox.idle();
    await this.#secrets.stop();
  }

  async #unblock(): Promise<void> {
    const { ledger, clock } = this.#state;
    const nodes = ledger.allNodes().flatMap((record) => {
      const free = unblock(record, clock.now());
      return free === record ? [] : [free];
    });
    await ledger.commit({ nodes });
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
    if (this.#connected) {
      await this.#state.reconciler.tick();
      await this.#statuses.tick();
    }
    await this.#proceed();
  }

  /** From records to calls; the phases that changed are told. */
  async #proceed(only?: string): Promise<void> {
    // A store that fails must not fail the request whose change is stored already: the next tick goes on.
    try {
      await this.#offers.update(await this.#steps.run(only), this.#connected);
      this.clusters.observe(true, only);
    } catch (error) {
      this.#checkLeadership(error);
      this.#state.logger.error("the next steps could not be taken; they are tried again", { error: messageOf(error) });
    }
  }

  /** The store says that another scheduler leads: nothing may be called any more. */
  #checkLeadership(error: unknown): void {
    if (!(error instanceof StoreError) || error.code !== "not_leader" || !this.#running) return;
    this.#running = false;
    this.#cancelTick();
    this.#dependencies.onFatal?.(error);
  }

  async #receive(event: HandledSchedulerEvent): Promise<void> {
    if (!this.#running) return;
    await this.#mailbox.run(async () => {
      await this.#handle(event).catch((error: unknown) => {
        this.#checkLeadership(error);
        throw error;
      });
      // An update touches one cluster only; there may be thousands of them after a failover.
      await this.#proceed(
        event.type === "UPDATE" ? (parseTaskId(event.update.status.task_id.value)?.cluster ?? "") : undefined,
      );
    });
  }

  async #handle(event: HandledSchedulerEvent): Promise<void> {
    switch (event.type) {
      case "SUBSCRIBED":
        return await this.#subscribed(event.subscribed.framework_id.value);
      case "OFFERS":
        await this.#offers.update(await this.#steps.run(), this.#connected);
        return await this.#offers.offers(event.offers.offers ?? [], this.#session.frameworkId);
      case "UPDATE":
        return await this.#statuses.receive(event.update.status);
      case "MESSAGE":
        return this.#secrets.receive(event);
      case "FAILURE":
        return this.#failure(event);
      case "INVERSE_OFFERS": {
        const ids = (event.inverse_offers.inverse_offers ?? []).map(({ id }) => id.value);
        return await this.#state.calls.declineInverse(ids, inverseRefuseSeconds);
      }
      // Offers are used or declined before the next event is read: a rescinded one is in nobody's hands.
      case "RESCIND":
      case "RESCIND_INVERSE_OFFER":
      case "UPDATE_OPERATION_STATUS":
      case "UNKNOWN":
        return;
      default:
        assertNever(event);
    }
  }

  async #subscribed(frameworkId: string): Promise<void> {
    await this.#session.subscribed(frameworkId);
    this.#connected = true;
    this.#offers.subscribed();
    this.#state.leftovers.connected();
    const live = this.#state.ledger
      .allNodes()
      .flatMap((record) =>
        launchesOf(record).flatMap(({ tasks, agentId }) =>
          tasks.filter((task) => !isTerminal(task)).map(({ taskId }) => ({ taskId, agentId })),
        ),
      );
    await this.#state.reconciler.begin(live);
  }

  /** A hint only: updates of the tasks follow, or are asked for. */
  #failure({ failure }: SchedulerEventOf<"FAILURE">): void {
    const agentId = failure.agent_id?.value;
    const executorId = failure.executor_id?.value;
    for (const record of this.#state.ledger.allNodes()) {
      for (const launch of launchesOf(record)) {
        if (launch.agentId !== agentId) continue;
        if (executorId !== undefined && launch.executorId !== executorId) continue;
        const what =
          executorId === undefined
            ? `agent ${launch.hostname} is lost`
            : `its executor ended (wait status ${failure.status ?? "unknown"})`;
        this.#state.logs.line("warning", record.cluster, what, { node: record.node });
        for (const task of launch.tasks.filter((candidate) => !isTerminal(candidate))) {
          this.#state.reconciler.add({ taskId: task.taskId, agentId: launch.agentId });
        }
      }
    }
  }

  async #problem(problem: Parameters<Session["problem"]>[0]): ReturnType<Session["problem"]> {
    const decision = await this.#session.problem(problem, this.#state.ledger.clusters().length > 0);
    if (decision === "stop") {
      this.#running = false;
      this.#cancelTick();
      const error = fatalError(problem);
      this.#state.logger.error(error.message);
      this.#dependencies.onFatal?.(error);
    }
    return decision;
  }

  #connectionState(state: SchedulerConnectionState, reason: string): void {
    // True only once SUBSCRIBED was handled: before that nothing may be called.
    if (state === "subscribed") return;
    if (this.#connected) this.#state.logger.warning("not subscribed with the Mesos master", { reason });
    this.#connected = false;
    this.#state.leftovers.disconnected();
  }
}
