// Failures of the Mesos client, told apart by stable codes.
import { CkeError, type CkeErrorOptions } from "@cke/foundation";

type MesosProtocolCode =
  | "mesos_invalid_call"
  | "mesos_invalid_event"
  | "mesos_invalid_json"
  | "mesos_invalid_record"
  | "mesos_record_too_large"
  | "mesos_truncated_stream";

/** The peer (or a caller of this library) sent what the v1 API does not allow. */
export class MesosProtocolError extends CkeError {
  override readonly code: MesosProtocolCode;

  constructor(code: MesosProtocolCode, message: string, options: CkeErrorOptions = {}) {
    super(code, message, { status: 502, ...options });
    this.code = code;
  }
}
