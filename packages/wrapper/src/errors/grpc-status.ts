// Converts what a handler threw into a gRPC status, once, at the border.

import { messageOf } from "@cke/foundation/cke-error";
import { type ServiceError, status } from "@grpc/grpc-js";
import { WrapperError, type WrapperErrorCode } from "./wrapper-error.ts";

const numbers: Readonly<Record<WrapperErrorCode, status>> = {
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  permission_denied: status.PERMISSION_DENIED,
  failed_precondition: status.FAILED_PRECONDITION,
  out_of_range: status.OUT_OF_RANGE,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
};

/** In the shape that grpc-js takes from handlers. */
export function serviceError(thrown: unknown): Partial<ServiceError> & { code: status; details: string } {
  const code = thrown instanceof WrapperError ? numbers[thrown.code] : status.INTERNAL;
  return { name: "Error", message: messageOf(thrown), code, details: messageOf(thrown) };
}

/** The part of a server stream that ends it with an error. */
export interface FailableCall {
  readonly cancelled: boolean;
  emit(event: "error", error: Error): boolean;
}

/** Ends a stream with the status of what was thrown, after what was written before. grpc-js takes it as an "error" event. */
export function endWithError(call: FailableCall, thrown: unknown): void {
  if (!call.cancelled) call.emit("error", Object.assign(new Error(), serviceError(thrown)));
}
