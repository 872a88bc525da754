// Ends an executor that moves disks. Data goes by order only; what has come completely and was not ordered to go stays for the VM.
import { type ExecutorContext, type RemovalOrder, retryFor, type UnitLogger } from "@cke/executor-core";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { type DataFate, vmData } from "../reports/vm-report.ts";
import { movedOrderMs } from "../shutdown/vm-end.ts";
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

  /** A KILL: a guest that has come stays, for the executor that follows. Resolves when the task is reported. */
  async end(transfer: Transfer): Promise<void> {
    this.#ending ??= this.#end(transfer, this.#options.orderMs, undefined);
    await this.#ending;
  }

  /** No executor follows: a guest that has come ends within `graceMs`. No order is waited for. */
  async shutdown(transfer: Transfer, graceMs: number): Promise<void> {
    this.#ending ??= this.#end(transfer, 0, graceMs);
    await this.#ending;
  }

  /**
   * Its agent is lost: for Mesos the task is over, and nothing is reported. No executor watches a guest that has come, and the VM may be given
   * back to its old host, so that the guest is shut down within `graceMs`. It starts again from its disks when the agent is back.
   */
  async unreported(transfer: Transfer, graceMs: number): Promise<void> {
    this.#ending ??= this.#leave(transfer, graceMs);
    await this.#ending;
  }

  async #leave(transfer: Transfer, graceMs: number): Promise<void> {
    const { clock, logger } = this.#options;
    const { machine, place, removal, incoming } = transfer.parts;
    await transfer.letGo();
    // Undefined for a source, whose host has the disks alone.
    if ((await incoming?.mayBeHere()) === true) {
      const again = (error: unknown) => logger.warning("ending the guest is tried again", { detail: messageOf(error) });
      const mayGiveUp = () => noGuestRuns(place, removal);
      const stop = async () => void (await stopGuest(machine, place, { ...removal, graceMs }));
      await retryFor(stop, { clock, retryMs: removalMs, again, mayGiveUp }).catch((error: unknown) => {
        logger.warning("a guest that has come was not ended", { detail: messageOf(error) });
      });
    }
    await transfer.release();
  }

  async #end(transfer: Transfer, orderMs: number, graceMs: number | undefined): Promise<void> {
    const { executor, logger, log, order, clock } = this.#options;
    const { taskId, machine, place, removal, incoming } = transfer.parts;
    const report = (state: "TASK_KILLED" | "TASK_FAILED", message: string, data: DataFate) =>
      executor.update(taskId, { state, message, data: vmData(machine.facts, "stopping", message, { data }) });
    try {
      await transfer.letGo();
      // With a guest that has come a kill is the end of its move.
      const hasCome = orderMs > movedOrderMs && (await incoming?.hasCome()) === true;
      await order.within(hasCome ? movedOrderMs : orderMs);
      const again = (error: unknown) => logger.warning("the end is tried again", { detail: messageOf(error) });
      const mayGiveUp = () => noGuestRuns(place, removal);
      const fate = order.given
        ? await retryFor(() => this.#remove(transfer), { clock, retryMs: removalMs, again, mayGiveUp })
        : await this.#keep(transfer, graceMs);
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
  async #keep(transfer: Transfer, graceMs: number | undefined): Promise<DataFate> {
    const { part, machine, place, removal, incoming } = transfer.parts;
    if (part === "source") return "kept";
    // One that was never asked anything knows by its note alone whether the guest has come.
    const knows = transfer.holdsLock || (graceMs !== undefined && (await incoming?.wasExpected()) === false);
    if (!knows) return "kept";
    if ((await incoming?.arrived()) === true) {
      if (graceMs !== undefined) await stopGuest(machine, place, { ...removal, graceMs });
      return "kept";
    }
    if (!transfer.holdsLock) return "kept";
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
