// Ends an executor's VM once, for whatever reason comes first: a kill, a shutdown, or the end of its guest.
import {
  type ExecutorContext,
  type RemovalOrder,
  retryFor,
  type TaskUpdate,
  type UnitLogger,
} from "@cke/executor-core";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmFailure } from "../guest/vm-failure.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { ReportStep } from "../reports/launch-step.ts";
import { type DataFate, type LastWords, vmData, vmUpdate } from "../reports/vm-report.ts";
import { noGuestRuns, type RemovalParts, removeData, removeRemains, stopGuest } from "./vm-removal.ts";

export interface VmWithTask {
  readonly taskId: string;
  readonly machine: VirtualMachine;
  readonly place: VmPlace;
  readonly parts: RemovalParts;
  /** Where libvirt writes what its QEMU says. */
  readonly domainLogDirectory: string;
  /** The step of its launch that was taken last. */
  readonly step: () => ReportStep;
}

export interface VmEndOptions {
  readonly context: ExecutorContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly order: RemovalOrder;
  /** How long a kill waits for the order to remove the data, in ms. */
  readonly orderMs: number;
  /** Called when the end begins. */
  readonly onBegin: () => void;
}

const defaultGraceMs = 60_000;
const removalMs = 60_000;
/**
 * How long a kill waits for the order to remove the data where the guest has moved. It comes with the end of that move, which orders nothing:
 * a deletion of the VM whose order is lost or late ends what is left here with an executor of its own.
 */
export const movedOrderMs = 500;
/** Part of the shutdown grace that is kept for the removal. */
const reserveMs = 5_000;

interface EndTimes {
  readonly graceMs: number;
  readonly orderMs: number;
  readonly retryMs: number;
}

export class VmEnd {
  readonly #options: VmEndOptions;
  /** Never rejects; the task is reported when it resolves. */
  #ending: Promise<void> | undefined;
  #over = false;
  /** Aborted when the guest is to end at once, whatever grace it was given. */
  readonly #hurry = new AbortController();
  #told = "";

  constructor(options: VmEndOptions) {
    this.#options = options;
  }

  /** True since the end has begun. */
  get begun(): boolean {
    return this.#over || this.#ending !== undefined;
  }

  /** A KILL of the VM's task: the guest is asked to shut down, and ended after the grace. */
  kill(vm: VmWithTask, graceMs = defaultGraceMs): void {
    const { context } = this.#options;
    if (this.begun) return;
    const { hasDeparted } = vm.machine.absence;
    const orderMs = Math.min(this.#options.orderMs, hasDeparted ? movedOrderMs : Number.POSITIVE_INFINITY);
    if (context.killingState)
      context.update(vm.taskId, vmUpdate("TASK_KILLING", vm.machine.facts, { step: "stopping" }));
    this.#ending = this.#end(vm, { graceMs, orderMs, retryMs: removalMs });
  }

  /** It is no order to remove data, but an order that came before counts. Resolves when all is done. */
  async shutdown(vm: VmWithTask | undefined, graceMs: number): Promise<void> {
    const times = { graceMs: Math.max(0, graceMs - reserveMs), orderMs: 0, retryMs: graceMs };
    if (vm !== undefined && !this.#over) this.#ending ??= this.#end(vm, times);
    await this.#ending;
  }

  /** The launch failed, or the guest has ended for good. Its data stays. */
  over(vm: VmWithTask, failure: VmFailure | undefined, words: string): void {
    if (this.begun) {
      this.#options.log.tell("info", `the virtual machine had ended before it was ended: ${words}`);
      return;
    }
    this.#over = true;
    this.#options.onBegin();
    this.#ending = this.#close(vm, failure, words);
  }

  /** An end that has begun comes to its end, and no other follows. */
  async finish(): Promise<void> {
    await this.#ending;
  }

  /**
   * Ends the guest at once, without a report of its own: for Mesos the task is over, and a replacement may run elsewhere. An end that has
   * begun gives no more grace.
   */
  async unreported(vm: VmWithTask): Promise<void> {
    this.#hurry.abort();
    // It does not come to its end while a guest runs.
    if (this.#ending !== undefined) return await this.#ending;
    const { logger, onBegin, clock } = this.#options;
    onBegin();
    await vm.machine.letGo();
    const again = (error: unknown) => logger.warning("ending the guest is tried again", { detail: messageOf(error) });
    const mayGiveUp = () => noGuestRuns(vm.place, vm.parts);
    await retryFor(async () => void (await stopGuest(vm.machine, vm.place, { ...vm.parts, graceMs: 0 })), {
      clock,
      retryMs: removalMs,
      again,
      mayGiveUp,
    });
    await vm.machine.release();
  }

  async #close(vm: VmWithTask, failure: VmFailure | undefined, words: string): Promise<void> {
    const { context, logger } = this.#options;
    const { machine, taskId } = vm;
    try {
      await machine.letGo();
      // The guest and the networks of a domain of somebody else are left alone.
      if (failure?.code !== "domain_foreign") await this.#stopForGood(vm);
      await machine.release();
    } catch (error) {
      logger.warning("the end has left something behind", { detail: messageOf(error) });
    }
    const cause = failure?.code ?? "guest_shut_down";
    const step = machine.facts.startedAtMs > 0 ? "ready" : vm.step();
    const data = vmData(machine.facts, step, words, { cause, output: failure?.output ?? "" });
    const reason = failure === undefined || machine.facts.startedAtMs > 0 ? reasonOf(cause) : launchFailed;
    context.update(taskId, {
      state: failure === undefined ? "TASK_FINISHED" : "TASK_FAILED",
      message: words,
      data,
      ...(reason === undefined ? {} : { reason }),
    });
    context.end();
  }

  /** A task that is over has nothing that runs, also when its launch failed before it saw the guest of an earlier one. */
  async #stopForGood({ machine, place, parts }: VmWithTask): Promise<void> {
    const { clock, logger } = this.#options;
    const stop = async () => void (await stopGuest(machine, place, { ...parts, graceMs: 0 }));
    const again = (error: unknown) => this.#again("ending the guest is tried again", error);
    const mayGiveUp = () => noGuestRuns(place, parts);
    await retryFor(stop, { clock, retryMs: removalMs, again, mayGiveUp }).catch((error: unknown) => {
      logger.warning("no guest runs, but its domain could not be looked at", { detail: messageOf(error) });
    });
    // Without the lock they may be another executor's.
    if (machine.holdsLock) await removeRemains(place, parts);
  }

  /** Told once for each reason, because it may last. */
  #again(what: string, error: unknown): void {
    const words = `${what}: ${messageOf(error)}`;
    if (words === this.#told) return;
    this.#told = words;
    this.#options.log.tell("warning", words);
  }

  async #end(vm: VmWithTask, times: EndTimes): Promise<void> {
    const { logger, onBegin, clock } = this.#options;
    onBegin();
    try {
      await vm.machine.letGo();
      const again = (error: unknown) => this.#again("removing the virtual machine is tried again", error);
      // For Mesos a task that is over has nothing that runs: with a guest that does, it may be launched a second time.
      const mayGiveUp = () => noGuestRuns(vm.place, vm.parts);
      const left = await retryFor(() => this.#remove(vm, times), { clock, retryMs: times.retryMs, again, mayGiveUp });
      await vm.machine.release();
      this.#last(vm, { state: "TASK_KILLED", message: left.words }, { data: left.fate });
    } catch (error) {
      logger.error("the removal failed", { detail: messageOf(error) });
      const message = `the virtual machine could not be removed completely: ${messageOf(error)}`;
      this.#last(vm, { state: "TASK_FAILED", message }, { cause: "removal_failed" });
    }
  }

  async #remove({ machine, place, parts }: VmWithTask, { graceMs, orderMs }: EndTimes): Promise<Left> {
    const { order } = this.#options;
    const ordered = order.within(orderMs);
    // What is removed with its data needs no orderly shutdown, but a guest that talks to others is not torn away either.
    const reached = await stopGuest(machine, place, { ...parts, graceMs, hurry: this.#hurry.signal });
    if (reached.kind === "foreign") return untouched(reached.words);
    await ordered;
    // Where no guest was ever started there is nothing to keep.
    const kept = await parts.host.wasStarted(place);
    if (!order.given && kept) await removeRemains(place, parts);
    // The order may have come meanwhile.
    if (!order.given && kept)
      return {
        fate: "kept",
        words: "the virtual machine was stopped; its data is kept, because its removal was not ordered",
      };
    try {
      await removeData(reached.kind === "ours" ? reached.domain : undefined, machine.owner, place, parts);
    } catch (error) {
      const foreign = error instanceof CkeError && ["domain_foreign", "directory_foreign"].includes(error.code);
      if (!foreign) throw error;
      return untouched(error.message);
    }
    return { fate: "removed", words: "the virtual machine was removed" };
  }

  #last({ taskId, machine }: VmWithTask, update: TaskUpdate, last: LastWords): void {
    const { context } = this.#options;
    this.#over = true;
    context.update(taskId, { ...update, data: vmData(machine.facts, "stopping", update.message ?? "", last) });
    context.end();
  }
}

/** What the end has left on the host, for the last report. */
interface Left {
  readonly fate: DataFate;
  readonly words: string;
}

const untouched = (words: string): Left => ({ fate: "kept", words: `nothing was removed: ${words}` });

const launchFailed = "REASON_CONTAINER_LAUNCH_FAILED";

/** Mesos' reason for a guest that ended so; undefined when none of Mesos' reasons is true. */
function reasonOf(cause: string): TaskUpdate["reason"] {
  return cause === "out_of_memory" ? "REASON_CONTAINER_LIMITATION_MEMORY" : undefined;
}
