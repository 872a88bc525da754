// Framework messages of the scheduler → calls of the driver. A message that cannot be read, or whose kind is not known, is
// logged and dropped: the scheduler may be of a later version.
import { type Logger, messageOf } from "@cke/foundation";
import {
  type OpenChannel,
  type RemoveUnit,
  SchedulerMessage,
  type SecretsResponse,
  type UnitState,
  type WorkloadState,
} from "@cke/protocol";

/** One function for each kind of message. */
export interface MessageHandlers {
  secretsResponse(response: SecretsResponse): void;
  removeUnit(order: RemoveUnit): void;
  reportHost(): void;
  logLevel(level: string): void;
  workloadState(state: WorkloadState): void;
  unitState(state: UnitState): void;
  openChannel(order: OpenChannel): void;
}

/** Calls the handler of the message's kind. */
export function dispatchMessage(data: Uint8Array, handlers: MessageHandlers, logger: Logger): void {
  let message: SchedulerMessage["message"];
  try {
    message = SchedulerMessage.decode(data).message;
  } catch (error) {
    logger.warning("a message of the scheduler is not readable", { detail: messageOf(error) });
    return;
  }
  switch (message?.kind) {
    case "secretsResponse":
      handlers.secretsResponse(message.value);
      break;
    case "removeUnit":
      handlers.removeUnit(message.value);
      break;
    case "reportHost":
      handlers.reportHost();
      break;
    case "logLevel":
      handlers.logLevel(message.value);
      break;
    case "workloadState":
      handlers.workloadState(message.value);
      break;
    case "unitState":
      handlers.unitState(message.value);
      break;
    case "openChannel":
      handlers.openChannel(message.value);
      break;
    default:
      logger.warning("a message of the scheduler is of a kind that this executor does not know");
  }
}
