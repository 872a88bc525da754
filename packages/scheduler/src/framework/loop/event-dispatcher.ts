// Gives each event of Mesos to the part that handles it. A subscription begins with reconciliation; a failure of an
// agent or executor is only a hint.
import { assertNever, type Clock, type Logger } from "@cke/foundation";
import type { SchedulerEventOf, TaskStatus } from "@cke/mesos";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal } from "../../workload/records/records.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { knowsOperationFeedback } from "../mesos/master-features.ts";
import type { Reconciler } from "../mesos/reconciler.ts";
import type { Session } from "../mesos/session.ts";
import type { OfferHandler } from "../offers/offer-handler.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { StatusUpdates } from "../tasks/status-updates.ts";
import type { TaskAdoption } from "../tasks/task-adoption.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { QueuedEvent } from "./event-queue.ts";

export interface EventDispatcherParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly reconciler: Reconciler;
  readonly inventory: AgentInventory;
  readonly maintenance: MaintenanceWindows;
  readonly orphanTimer: OrphanTimer;
  readonly taskAdoption: TaskAdoption;
  readonly session: Session;
  readonly statuses: StatusUpdates;
  readonly offers: OfferHandler;
  readonly reservations: ReservationHandler;
  readonly executorMessages: ExecutorMessages;
  /** Called when the framework id is stored. From then on Mesos may be called. */
  readonly onSubscribed: () => void;
}

export class EventDispatcher {
  readonly #parts: EventDispatcherParts;
  /** The reconciliation after a subscription, until it is complete. */
  #reconciling: { readonly tasks: number; readonly sinceMs: number } | undefined;

  constructor(parts: EventDispatcherParts) {
    this.#parts = parts;
  }

  /** Handles one event, or the first of several updates. Returns their number. */
  async handle(events: readonly QueuedEvent[], epoch: number): Promise<number> {
    const [first] = events;
    const event = first?.event;
    switch (event?.type) {
      case undefined:
        return 0;
      case "UPDATE":
        return await this.#updates(
          events.flatMap((queued) => (queued.event.type === "UPDATE" ? [queued.event.update.status] : [])),
        );
      case "SUBSCRIBED":
        await this.#subscribed(event, first?.epoch === epoch);
        return 1;
      case "OFFERS":
        this.#parts.maintenance.offers(event.offers.offers ?? []);
        this.#parts.inventory.offered(event.offers.offers ?? []);
        await this.#parts.offers.offers(event.offers.offers ?? []);
        return 1;
      case "UPDATE_OPERATION_STATUS":
        await this.#parts.reservations.receive(event.update_operation_status.status);
        return 1;
      case "MESSAGE":
        this.#parts.executorMessages.receive(event);
        return 1;
      case "FAILURE":
        this.#failure(event);
        return 1;
      case "INVERSE_OFFERS":
        await this.#parts.maintenance.inverseOffers(event.inverse_offers.inverse_offers ?? []);
        return 1;
      case "RESCIND_INVERSE_OFFER":
        this.#parts.maintenance.rescinded(event.rescind_inverse_offer.inverse_offer_id.value);
        return 1;
      // The offer is pooled, or waits in the queue, or was used or declined already.
      case "RESCIND":
        this.#parts.offers.rescinded(event.rescind.offer_id.value);
        return 1;
      case "UNKNOWN":
        return 1;
      default:
        assertNever(event);
    }
  }

  /** `current`: false when that subscription is lost already. */
  async #subscribed({ subscribed }: SchedulerEventOf<"SUBSCRIBED">, current: boolean): Promise<void> {
    const fresh = this.#parts.session.frameworkId === "";
    await this.#parts.session.subscribed(subscribed.framework_id.value);
    if (!current) return;
    this.#parts.onSubscribed();
    const version = subscribed.master_info?.version;
    this.#parts.offers.subscribed(version);
    await this.#parts.reservations.subscribed({ feedback: knowsOperationFeedback(version), fresh });
    this.#parts.orphanTimer.connected();
    this.#parts.taskAdoption.subscribed();
    const live = this.#parts.ledger
      .allUnits()
      .flatMap((record) =>
        launchesOf(record).flatMap(({ tasks, agentId }) =>
          tasks.filter((task) => !isTerminal(task)).map(({ taskId }) => ({ taskId, agentId })),
        ),
      );
    this.#reconciling = { tasks: live.length, sinceMs: this.#parts.clock.now() };
    await this.#parts.reconciler.begin(live);
    this.#reconciled();
  }

  async #updates(statuses: readonly TaskStatus[]): Promise<number> {
    const count = await this.#parts.statuses.receive(statuses);
    this.#reconciled();
    return count;
  }

  /** Tells an operator when the store and Mesos agree again. */
  #reconciled(): void {
    const { reconciler, logger, clock } = this.#parts;
    if (this.#reconciling === undefined || reconciler.pending > 0) return;
    const { tasks, sinceMs } = this.#reconciling;
    this.#reconciling = undefined;
    logger.info("every live task is reconciled", { tasks, sinceSubscriptionMs: clock.now() - sinceMs });
  }

  /** Only a hint: updates of the tasks follow, or CKE asks for them. */
  #failure({ failure }: SchedulerEventOf<"FAILURE">): void {
    const agentId = failure.agent_id?.value ?? "";
    const executorId = failure.executor_id?.value;
    if (executorId === undefined) {
      this.#parts.reservations.agentLost(agentId);
      this.#parts.inventory.forget(agentId);
      this.#parts.offers.agentLost(agentId);
    }
    for (const record of this.#parts.ledger.unitsOn(agentId)) {
      for (const launch of launchesOf(record)) {
        if (launch.agentId !== agentId) continue;
        if (executorId !== undefined && launch.executorId !== executorId) continue;
        const what =
          executorId === undefined
            ? `agent ${launch.hostname} is lost`
            : `its executor ended (wait status ${failure.status ?? "unknown"})`;
        this.#parts.logs.line("warning", record.workload, what, { unit: record.unit });
        for (const task of launch.tasks.filter((candidate) => !isTerminal(candidate))) {
          this.#parts.reconciler.add({ taskId: task.taskId, agentId });
        }
      }
    }
  }
}
