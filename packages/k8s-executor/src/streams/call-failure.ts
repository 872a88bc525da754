// Converts what grpc-js throws into a WrapperError, once, at the border.
import type { ServiceError } from "@grpc/grpc-js";
import { failedCall } from "./failed-call.ts";
import { WrapperError } from "./wrapper-error.ts";

/** What grpc-js tells of the end of a call. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
}

/** `timeoutMs` is the deadline of the call, for its words; 0 where it has none. */
export function wrapperError(status: CallStatus, timeoutMs = 0): WrapperError {
  const { status: kind, words } = failedCall(status.code, status.details, timeoutMs);
  return new WrapperError(kind, words, status);
}

/** The same for anything that a call may throw; what is aborted is `cancelled`, whatever its words are. */
export function callFailure(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return cancelled();
  return isServiceError(thrown) ? wrapperError(thrown) : thrown;
}

export function cancelled(): WrapperError {
  return new WrapperError("cancelled", "the call was ended by its caller");
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
