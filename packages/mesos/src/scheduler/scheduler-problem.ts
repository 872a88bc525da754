// Why a master does not want this framework, told apart by what the caller must do about it.
import { boundedText } from "@cke/foundation";

type SchedulerProblemKind =
  /** The framework was torn down or its failover timeout passed: its id is dead. A new id needs an operator's decision. */
  | "framework_removed"
  /** Another instance subscribed with this framework's id: step down, do not fight. */
  | "failed_over"
  /** 401: principal or secret are wrong. */
  | "unauthenticated"
  /** 403: the principal may not do this (roles, ACLs). */
  | "unauthorized"
  /** The master refuses this FrameworkInfo (roles, timeouts, unsupported media type, …). */
  | "refused";

export interface SchedulerProblem {
  readonly kind: SchedulerProblemKind;
  /** The master's own words. */
  readonly message: string;
  /** HTTP status when SUBSCRIBE was answered with one; absent for an ERROR event. */
  readonly status?: number;
}

/** What to do after a problem: subscribe again (with backoff), or end the connection. */
export type SchedulerDecision = "retry" | "stop";

/** Classifies the text of an ERROR event (recordings: failover, scheduler-lifecycle, scheduler-errors). */
export function problemOfErrorEvent(words: string): SchedulerProblem {
  const message = boundedText(words);
  if (/framework failed over/i.test(message)) return { kind: "failed_over", message };
  if (/framework (?:has been removed|is removed|removed)|completed framework/i.test(message)) {
    return { kind: "framework_removed", message };
  }
  if (/not authorized|unauthorized/i.test(message)) return { kind: "unauthorized", message };
  return { kind: "refused", message };
}

/** Classifies an HTTP refusal of SUBSCRIBE; undefined when it is the master's trouble, not the framework's (5xx, 429). */
export function problemOfStatus(status: number, text: string): SchedulerProblem | undefined {
  if (status < 400 || status >= 500 || status === 429 || status === 408) return undefined;
  const message = text.trim() === "" ? `HTTP status ${status}` : boundedText(text.trim());
  if (status === 401) return { kind: "unauthenticated", message, status };
  // Mesos answers 400 when the authenticated principal is not the one in FrameworkInfo (recording: auth).
  if (status === 403 || /authenticated principal .* does not match/i.test(message))
    return { kind: "unauthorized", message, status };
  return { kind: "refused", message, status };
}

/** The safe policy: never a silent new framework, never a fight; whatever an operator may repair is tried again. */
export function defaultDecision(problem: SchedulerProblem): SchedulerDecision {
  return problem.kind === "framework_removed" || problem.kind === "failed_over" ? "stop" : "retry";
}
