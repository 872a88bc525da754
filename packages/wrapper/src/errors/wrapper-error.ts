// The expected failures of the wrapper. Each code is the name of the gRPC status that a client gets; the conversion to
// numbers is in the service, so that nothing else loads gRPC.
import { CkeError } from "@cke/foundation/cke-error";

export type WrapperErrorCode =
  | "invalid_argument"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "failed_precondition"
  | "out_of_range"
  | "resource_exhausted"
  | "deadline_exceeded"
  | "unavailable"
  | "internal";

export class WrapperError extends CkeError {
  override readonly code: WrapperErrorCode;

  constructor(code: WrapperErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(code, message, { ...options, retryable: code === "unavailable" || code === "resource_exhausted" });
    this.code = code;
  }
}

/** The errno name ("ENOENT") of a failed system call; undefined for any other thrown value. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

const errnoWords: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "is a directory",
  ENOSPC: "no space left on the device",
  EROFS: "the file system is read-only",
  EDQUOT: "the disk quota is used up",
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  ETIMEDOUT: "connection timed out",
  ELOOP: "too many symbolic links",
  EBUSY: "device or resource busy",
};

/** A failed system call in words, without the path (the caller names it): "no such file or directory (ENOENT)". */
export function errnoWordsOf(thrown: unknown): string {
  const errno = errnoOf(thrown);
  if (errno === undefined) return thrown instanceof Error ? thrown.message : String(thrown);
  const words = errnoWords[errno];
  return `${words ?? (thrown instanceof Error ? thrown.message : "failed")} (${errno})`;
}
