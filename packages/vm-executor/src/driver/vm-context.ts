// What an executor of virtual machines has from its subscription to its end: the way to the scheduler, its log, secrets and channels.
import {
  ExecutorChannels,
  type ExecutorContext,
  RemovalOrder,
  SecretsClient,
  settledLogger,
  UnitLogger,
  type UnitStreams,
} from "@cke/executor-core";
import type { Logger } from "@cke/foundation";
import { VmEnd } from "../shutdown/vm-end.ts";
import type { VmDriverOptions } from "./vm-driver-options.ts";

export interface VmContext {
  readonly executor: ExecutorContext;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly secrets: SecretsClient;
  readonly channels: ExecutorChannels;
  readonly order: RemovalOrder;
  readonly end: VmEnd;
}

export const defaultOrderMs = 6_000;

/** `units`: the streams into the VM. */
export function beginContext(executor: ExecutorContext, units: UnitStreams, options: VmDriverOptions): VmContext {
  const { clock, orderMs = defaultOrderMs } = options;
  const { executorId } = executor;
  const logger = settledLogger(executor, options.logger, (vm) => ({ vm }));
  const send = (message: Uint8Array) => executor.sendMessage(message);
  const log = new UnitLogger({ logger, send, now: () => clock.now() });
  const secrets = new SecretsClient({ executorId, send, clock, logger });
  const channels = new ExecutorChannels({ executorId, units, send, clock, logger });
  const order = new RemovalOrder(clock);
  const end = new VmEnd({ context: executor, clock, logger, log, order, orderMs, onBegin: () => {} });
  return { executor, logger, log, secrets, channels, order, end };
}
