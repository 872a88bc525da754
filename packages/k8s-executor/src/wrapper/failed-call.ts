// What a failed gRPC call to the wrapper means, in words for an operator. Pure.
import type { WrapperStatus } from "./wrapper-client.ts";

// Status codes of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html).
const statusNames: Readonly<Record<number, WrapperStatus>> = {
  4: "deadline",
  5: "not-found",
  6: "already-exists",
  11: "out-of-range",
  14: "unavailable",
};

/** The library's words for a stream or connection that broke during a call; they come with several codes. */
const broken = /^(Received RST_STREAM|Stream terminated|Connection dropped|Cancelled on client)/;

/** Gives the wrapper's own words, if it has answered. gRPC's words about connections and deadlines do not help an operator. */
export function failedCall(
  code: number,
  details: string,
  timeoutMs: number,
): { readonly status: WrapperStatus; readonly words: string } {
  const status = broken.test(details) ? "unavailable" : (statusNames[code] ?? "other");
  if (status === "deadline") {
    return { status, words: `the wrapper in the container gave no answer within ${timeoutMs / 1_000} s` };
  }
  // When the wrapper itself refuses a call for a while, its words begin with "the wrapper".
  if (status === "unavailable" && !details.startsWith("the wrapper ")) {
    return { status, words: "the wrapper in the container cannot be reached" };
  }
  return { status, words: details };
}
