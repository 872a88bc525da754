// What a failed gRPC call to the wrapper means, in words for an operator. Pure.
import type { WrapperStatus } from "./wrapper-error.ts";

// Status codes of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html).
const statusNames: Readonly<Record<number, WrapperStatus>> = {
  1: "cancelled",
  3: "invalid-argument",
  4: "deadline",
  5: "not-found",
  6: "already-exists",
  7: "permission-denied",
  8: "resource-exhausted",
  9: "failed-precondition",
  11: "out-of-range",
  12: "unimplemented",
  14: "unavailable",
};

/** The library's words for a stream or connection that broke during a call; they come with several codes. */
const broken = /^(Received RST_STREAM|Stream terminated|Connection dropped|Cancelled on client)/;

/** The library's words for a call beyond the limit of streams that the wrapper's HTTP/2 has told. */
const tooMany = /^Stream refused by server/;

/** Gives the wrapper's own words, if it has answered. gRPC's words about connections and deadlines do not help an operator. */
export function failedCall(
  code: number,
  details: string,
  timeoutMs: number,
): { readonly status: WrapperStatus; readonly words: string } {
  if (tooMany.test(details)) {
    return { status: "resource-exhausted", words: "too many calls are open in this node: end some of them first" };
  }
  const status = broken.test(details) ? "unavailable" : (statusNames[code] ?? "other");
  if (status === "unimplemented") {
    return { status, words: "the wrapper in this container is of an earlier version and does not know this call" };
  }
  // A call without a deadline has one of the wrapper's, in its own words.
  if (status === "deadline" && timeoutMs > 0) {
    return { status, words: `the wrapper in the container gave no answer within ${timeoutMs / 1_000} s` };
  }
  // When the wrapper itself refuses a call for a while, its words begin with "the wrapper".
  if (status === "unavailable" && !details.startsWith("the wrapper ")) {
    return { status, words: "the wrapper in the container cannot be reached" };
  }
  return { status, words: details };
}
