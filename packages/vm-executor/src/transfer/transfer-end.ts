// Ends an executor that moves disks. Data goes by order only; what has come completely and was not ordered to go stays for the VM.
import { type ExecutorContext, type RemovalOrder, retryFor, type UnitLogger } from "@cke/executor-core";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { type DataFate, vmData } from "../reports/vm-report.ts";
import { noGuestRuns, removeData, stopGuest } from "../shutdown/vm-removal.ts";
import type { Transfer } from "./transfer.ts";

export interface TransferEndOptions {
  readonly executor: ExecutorContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly order: RemovalOrder;
  /** How long a kill waits for the order to remove the data, in ms. */
  readonly orderMs: number;
}

const removalMs = 60_000;

export class TransferEnd {
  readonly #options: TransferEndOptions;
  #ending: Promise<void> | undefined;

  constructor(options: TransferEndOptions) {
    this.#options = options;
  }

  get begun(): boolean {
    return this.#ending !== undefined;
  }

  /** Resolves when the task is reported. `orderMs`: how long the order is waited for. */
  async end(transfer: Transfer, orderMs = this.#options.orderMs): Promise<void> {
    this.#ending ??= this.#end(transfer, orderMs);
    await this.#ending;
  }

  async #end(transfer: Transfer, orderMs: number): Promise<void> {
    const { executor, logger, log, order, clock } = this.#options;
    const { taskId, machine, place, removal } = transfer.parts;
    const report = (state: "TASK_KILLED" | "TASK_FAILED", message: string, data: DataFate) =>
      executor.update(taskId, { state, message, data: vmData(machine.facts, "stopping", message, { data }) });
    try {
      await transfer.letGo();
      await order.within(orderMs);
      const again = (error: unknown) => logger.warning("the end is tried again", { detail: messageOf(error) });
      const mayGiveUp = () => noGuestRuns(place, removal);
      const fate = order.given
        ? await retryFor(() => this.#remove(transfer), { clock, retryMs: removalMs, again, mayGiveUp })
        : await this.#keep(transfer);
      await transfer.release();
      const words = fate === "removed" ? "the disks on this host were removed" : "the disks on this host are kept";
      report("TASK_KILLED", words, fate);
    } catch (error) {
      const words = `what the move has left on this host could not be removed completely: ${messageOf(error)}`;
      log.tell("warning", words);
      report("TASK_FAILED", words, "kept");
    }
    executor.end();
  }

  /** Nothing stays of a copy that never became whole. */
  async #keep(transfer: Transfer): Promise<DataFate> {
    const { part, machine, place, removal, incoming } = transfer.parts;
    if (part === "source" || !transfer.holdsLock) return "kept";
    if ((await incoming?.arrived()) === true) return "kept";
    if ((await incoming?.wasExpected()) === true) return await this.#remove(transfer);
    if (await removal.host.wasStarted(place)) return "kept";
    await removeData(undefined, machine.owner, place, removal);
    return "removed";
  }

  async #remove({ parts: { machine, place, removal } }: Transfer): Promise<DataFate> {
    const reached = await stopGuest(machine, place, { ...removal, graceMs: 0 });
    if (reached.kind === "foreign") return "kept";
    await removeData(reached.kind === "ours" ? reached.domain : undefined, machine.owner, place, removal);
    return "removed";
  }
}
