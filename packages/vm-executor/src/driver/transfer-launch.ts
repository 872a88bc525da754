// Puts the parts of an executor that moves disks together.
import type { VmTask } from "@cke/protocol";
import { domainName } from "../guest/preparation.ts";
import { Arrival } from "../migration/arrival.ts";
import { LeftGuest } from "../migration/left-guest.ts";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import type { MovingGuest } from "../streams/vm-streams.ts";
import { Transfer } from "../transfer/transfer.ts";
import { TransferEnd } from "../transfer/transfer-end.ts";
import type { TransferPart } from "../transfer/transfer-parts.ts";
import { defaultOrderMs, type VmContext } from "./vm-context.ts";
import type { VmDriverOptions } from "./vm-driver-options.ts";
import type { createVm } from "./vm-launch.ts";

export interface LaunchedTransfer {
  readonly transfer: Transfer;
  /** Its side of a guest that moves while it runs. */
  readonly moving: MovingGuest;
  readonly end: TransferEnd;
}

/** `vm`: its machine is never started. */
export function createTransfer(
  part: TransferPart,
  task: VmTask,
  vm: ReturnType<typeof createVm>,
  { executor, logger, log, order }: VmContext,
  { clock, orderMs = defaultOrderMs }: VmDriverOptions,
): LaunchedTransfer {
  const { taskId, machine, place, parts: removal, vmParts, data, reporter } = vm;
  const identity = { uuid: task.uuid, name: domainName(task), labels: task.labels };
  const { executorId } = executor;
  const qemuImg = new QemuImg();
  const arrival =
    part === "destination"
      ? new Arrival({ ...vmParts, machine, task, place, data, qemuImg, clock, logger })
      : undefined;
  const transfer = new Transfer({
    ...{ part, taskId, executorId, machine, place, identity, removal, reporter, clock, logger },
    ...(arrival === undefined ? {} : { incoming: arrival }),
  });
  return {
    transfer,
    moving: arrival ?? new LeftGuest(vmParts.host, place),
    end: new TransferEnd({ executor, clock, logger, log, order, orderMs }),
  };
}
