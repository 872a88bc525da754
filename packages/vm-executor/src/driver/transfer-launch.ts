// Puts the parts of an executor that moves disks together.
import type { VmTask } from "@cke/protocol";
import { domainName } from "../guest/preparation.ts";
import { Transfer } from "../transfer/transfer.ts";
import { TransferEnd } from "../transfer/transfer-end.ts";
import type { TransferPart } from "../transfer/transfer-parts.ts";
import { defaultOrderMs, type VmContext } from "./vm-context.ts";
import type { VmDriverOptions } from "./vm-driver-options.ts";
import type { createVm } from "./vm-launch.ts";

export interface LaunchedTransfer {
  readonly transfer: Transfer;
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
  const { taskId, machine, place, parts: removal, reporter } = vm;
  const identity = { uuid: task.uuid, name: domainName(task), labels: task.labels };
  const { executorId } = executor;
  const transfer = new Transfer({
    ...{ part, taskId, executorId, machine, place, identity, removal, reporter, clock, logger },
  });
  return { transfer, end: new TransferEnd({ executor, clock, logger, log, order, orderMs }) };
}
