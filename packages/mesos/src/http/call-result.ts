// The outcome of a call to Mesos. A call is delivered at most once: `accepted` means received, not done.
import { boundedText } from "@cke/foundation";
import type { PostResult } from "./http-channel.ts";

export type CallResult =
  /** 202 (UPDATE_FRAMEWORK: 200). */
  | { readonly kind: "accepted"; readonly status: number }
  /** The peer refused it; trying again unchanged is useless. `text` are its own words. */
  | { readonly kind: "rejected"; readonly status: number; readonly text: string }
  /** No answer, or one that says nothing about the call (5xx, redirect): it may or may not have been received. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** Nothing was sent: there is no subscription. */
  | { readonly kind: "not_subscribed" };

export function callResultOf(result: PostResult): CallResult {
  if (result.kind === "unreachable") return { kind: "unreachable", reason: result.reason };
  const { status } = result;
  const text = boundedText(result.text.trim());
  if (status >= 200 && status < 300) return { kind: "accepted", status };
  if (status >= 400 && status < 500) return { kind: "rejected", status, text };
  return { kind: "unreachable", reason: `HTTP status ${status}${text === "" ? "" : `: ${text}`}` };
}

/** Words for a log. */
export function describeCallResult(result: CallResult): string {
  switch (result.kind) {
    case "accepted":
      return "accepted";
    case "rejected":
      return `rejected with ${result.status}: ${result.text}`;
    case "unreachable":
      return `no answer: ${result.reason}`;
    case "not_subscribed":
      return "not sent: not subscribed";
  }
}
