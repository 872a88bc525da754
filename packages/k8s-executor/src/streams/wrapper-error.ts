// A call to the wrapper that failed: what kind of failure, and words for an operator.
import { CkeError } from "@cke/foundation/cke-error";

/** gRPC's names of what went wrong; what the wrapper never answers is `other`. */
const statuses = [
  "cancelled",
  "invalid-argument",
  "deadline",
  "not-found",
  "already-exists",
  "permission-denied",
  "resource-exhausted",
  "failed-precondition",
  "out-of-range",
  "unimplemented",
  "unavailable",
  "other",
] as const;
export type WrapperStatus = (typeof statuses)[number];

/** The code that the scheduler's side of a stream sees: gRPC's name. */
function codeOf(status: WrapperStatus): string {
  if (status === "other") return "internal";
  return status === "deadline" ? "deadline_exceeded" : status.replaceAll("-", "_");
}

/** The same the other way: gRPC's name as the wrapper writes it. */
export function statusOf(code: string): WrapperStatus {
  const found = statuses.find((status) => codeOf(status) === code);
  return found ?? "other";
}

/** A call that failed: `kind` says what went wrong, the message are the wrapper's own words. */
export class WrapperError extends CkeError {
  readonly kind: WrapperStatus;

  constructor(status: WrapperStatus, message: string, cause?: unknown) {
    super(codeOf(status), message, { cause });
    this.kind = status;
  }
}
