// The ExecutorDriver of virtual machines: one executor, one task, one domain.
import {
  dispatchMessage,
  type ExecutorContext,
  type ExecutorDriver,
  type KillOptions,
  type LaunchedTask,
  type MessageHandlers,
} from "@cke/executor-core";
import { messageOf, parseLogLevel } from "@cke/foundation";
import type { VmTask } from "@cke/protocol";
import { vmLabels } from "../domain/metadata.ts";
import { directoriesFor, type VmDirectories } from "../host/vm-directories.ts";
import { accountOf } from "../limits/accounted-resources.ts";
import { Departure } from "../migration/departure.ts";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import type { VmWithTask } from "../shutdown/vm-end.ts";
import { VmStreams } from "../streams/vm-streams.ts";
import { isTransferPart } from "../transfer/transfer-parts.ts";
import { createTransfer, type LaunchedTransfer } from "./transfer-launch.ts";
import { beginContext, type VmContext } from "./vm-context.ts";
import type { VmDriverOptions } from "./vm-driver-options.ts";
import { createVm, type VmToLaunch } from "./vm-launch.ts";
import { readVmState, readVmTask } from "./vm-task.ts";

interface LaunchedVm extends VmWithTask {
  /** The scheduler may launch it elsewhere while this host is out of reach. */
  readonly movable: boolean;
}

export class VmDriver implements ExecutorDriver {
  readonly #options: VmDriverOptions;
  #begun: VmContext | undefined;
  #vm: LaunchedVm | undefined;
  /** In the place of a VM: this executor moves disks. */
  #transfer: LaunchedTransfer | undefined;
  /** Of a VM: its side of a guest that leaves while it runs. */
  #departure: Departure | undefined;

  /** Into the VM, for the channels to the scheduler. */
  readonly streams: VmStreams;

  constructor(options: VmDriverOptions) {
    this.#options = options;
    const { clock } = options;
    this.streams = new VmStreams({
      clock,
      vm: () => this.#vm,
      transfer: () => this.#transfer?.transfer,
      migration: () => this.#departure ?? this.#transfer?.moving,
    });
  }

  start(executor: ExecutorContext): void {
    this.#begun = beginContext(executor, this.streams, this.#options);
  }

  launch({ id, data, info }: LaunchedTask): void {
    const { executor, end } = this.#started();
    if (end.begun || this.#transfer?.end.begun === true) {
      executor.update(id, { state: "TASK_KILLED", message: "its virtual machine is ending" });
      return;
    }
    const read = readVmTask(data);
    const problem =
      this.#vm !== undefined || this.#transfer !== undefined
        ? "this executor has a virtual machine already: one executor, one virtual machine"
        : read.kind === "unreadable"
          ? read.problem
          : undefined;
    if (problem !== undefined || read.kind === "unreadable") {
      executor.update(id, { state: "TASK_FAILED", message: problem ?? "", reason: "REASON_CONTAINER_LAUNCH_FAILED" });
      // An executor without a VM would hold its resources for ever.
      if (this.#vm === undefined && this.#transfer === undefined) executor.end();
      return;
    }
    this.#launchRead(id, { ...read, account: accountOf(info) });
  }

  launchGroup(tasks: readonly LaunchedTask[]): void {
    const [only, ...others] = tasks;
    if (only === undefined) return;
    if (others.length === 0) {
      this.launch(only);
      return;
    }
    const { executor } = this.#started();
    const message = "the task group is not launched: a virtual machine has one task";
    for (const { id } of tasks) executor.update(id, { state: "TASK_FAILED", message });
    if (this.#vm === undefined) executor.end();
  }

  kill({ id }: LaunchedTask, { graceMs }: KillOptions): void {
    if (this.#vm?.taskId === id) this.#started().end.kill(this.#vm, graceMs);
    const { transfer, end } = this.#transfer ?? {};
    if (transfer?.parts.taskId === id) void end?.end(transfer);
  }

  message(data: Uint8Array): void {
    const { executor, logger, log, secrets, channels, order, end } = this.#started();
    const handlers: MessageHandlers = {
      secretsResponse: (response) => secrets.receive(response),
      removeUnit: (message) => order.receive(message, executor.executorId, logger),
      // What a host has for VMs stands in the report of its VM.
      reportHost: () => {},
      logLevel: (text) => {
        const level = parseLogLevel(text);
        if (level !== undefined) executor.setLogLevel(level);
      },
      workloadState: () => {},
      unitState: ({ state }) => {
        const read = readVmState(state);
        if ("problem" in read) log.tell("error", `a change of the virtual machine cannot be read: ${read.problem}`);
        else if (!end.begun) this.#vm?.machine.want(read);
      },
      openChannel: (message) => channels.receive(message),
    };
    dispatchMessage(data, handlers, logger);
  }

  /** The framework ends, or Mesos ends this executor. That alone is no order to remove data: data goes only if the order came before. */
  async shutdown(): Promise<void> {
    const { shutdownGraceMs } = this.#options;
    if (this.#transfer !== undefined) await this.#transfer.end.shutdown(this.#transfer.transfer, shutdownGraceMs);
    await this.#begun?.end.shutdown(this.#vm, shutdownGraceMs);
  }

  async detach(): Promise<void> {
    await this.#begun?.channels.stop();
    this.streams.close();
    await this.#departure?.letGo();
    await this.#vm?.machine.letGo();
    await this.#vm?.machine.abandon();
    await this.#transfer?.transfer.letGo();
    await this.#transfer?.transfer.abandon();
  }

  /**
   * For Mesos the task is over. A VM that may be launched elsewhere meanwhile ends here at once, so that no two guests write to its
   * disks. Any other has its disks on this host alone: it runs on, so that the loss of an agent does not become the outage of a guest, and
   * the next executor adopts it; but an end that Mesos has ordered comes to its end. A guest that has come with a move, and has no executor of
   * its own here yet, ends too.
   */
  async agentLost(): Promise<void> {
    const end = this.#begun?.end;
    const { transfer, end: transferEnd } = this.#transfer ?? {};
    if (transfer !== undefined) {
      await transferEnd?.unreported(transfer, this.#options.shutdownGraceMs);
      return await this.detach();
    }
    if (this.#vm === undefined || end === undefined) return await this.detach();
    if (this.#vm.movable) return await end.unreported(this.#vm);
    if (end.begun) return await end.finish();
    await this.detach();
  }

  #started(): VmContext {
    if (this.#begun === undefined) throw new Error("the driver is used before start");
    return this.#begun;
  }

  #launchRead(id: string, read: VmToLaunch): void {
    const context = this.#started();
    const { executor, end, order } = context;
    try {
      const task = labelled(read.task, directoriesFor(this.#options.directories, read.task.dataPath));
      const vm = createVm(id, { ...read, task }, context, this.#options, {
        over: (one, failure, words) => end.over(one, failure, words),
      });
      order.concerns(task.instance);
      const startsNothing = task.removeOnKill || task.endOnKill;
      if (isTransferPart(task.part) && !startsNothing) {
        this.#transfer = createTransfer(task.part, task, vm, context, this.#options);
        this.#transfer.transfer.begin();
        return;
      }
      this.#vm = { ...vm, movable: task.movable };
      this.#departure = new Departure({
        vm,
        account: read.account,
        data: vm.data,
        qemuImg: new QemuImg(),
        clock: this.#options.clock,
      });
      if (!startsNothing) {
        vm.machine.start();
        return;
      }
      // It comes to end what is left here, or to remove it; the kill follows at once. Nothing is started for that.
      if (task.removeOnKill) order.give();
      const what = task.removeOnKill ? "remove what this virtual machine has left" : "end what may still run";
      vm.reporter.running(true, `ready to ${what} on the host`);
    } catch (error) {
      executor.update(id, {
        state: "TASK_FAILED",
        message: messageOf(error),
        reason: "REASON_CONTAINER_LAUNCH_FAILED",
      });
      executor.end();
    }
  }
}

/** With the labels by which another executor knows the domain. */
function labelled(task: VmTask, { data }: VmDirectories): VmTask {
  const { vm, instance, incarnation, frameworkId } = task;
  const own = {
    [vmLabels.framework]: frameworkId,
    [vmLabels.vm]: vm,
    [vmLabels.instance]: instance,
    [vmLabels.incarnation]: incarnation,
    [vmLabels.data]: data,
  };
  return { ...task, labels: { ...task.labels, ...own } };
}
