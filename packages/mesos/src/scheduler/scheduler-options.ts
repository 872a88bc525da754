// What a scheduler connection is made with, and its defaults.
import type { Clock, Logger } from "@cke/foundation";
import type { MasterDetector } from "../detection/detector.ts";
import type { ClientCertificate } from "../http/http-channel.ts";
import type { SchedulerCallOf } from "../v1/messages/scheduler-call.ts";
import type { KnownSchedulerEvent, SchedulerEvent } from "../v1/messages/scheduler-event.ts";
import type { SchedulerDecision, SchedulerProblem } from "./scheduler-problem.ts";

/** Body of SUBSCRIBE; `framework_info.id` is set once a framework id is known. */
export type SubscribeBody = SchedulerCallOf<"SUBSCRIBE">["subscribe"];

/** What the handler gets: heartbeats and ERROR events are dealt with by the connection. */
export type HandledSchedulerEvent = Exclude<
  SchedulerEvent,
  Extract<KnownSchedulerEvent, { type: "HEARTBEAT" | "ERROR" }>
>;

export type SchedulerConnectionState = "disconnected" | "connecting" | "subscribed" | "stopped";

/** Why the connection is over. */
export type SchedulerConnectionEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "problem"; readonly problem: SchedulerProblem }
  | { readonly kind: "failed"; readonly error: unknown };

/** All in milliseconds. */
export interface SchedulerTiming {
  /** Wait for the answer of a call, queueing included; a master that lets it pass counts as gone. */
  readonly callTimeoutMs: number;
  /** Wait for SUBSCRIBED after the request was sent. */
  readonly subscribeTimeoutMs: number;
  /** Backoff between rounds of attempts. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Missed heartbeat intervals after which the master counts as gone. */
  readonly missedHeartbeats: number;
  /** Heartbeat interval to assume when SUBSCRIBED names none. */
  readonly heartbeatMs: number;
}

export const defaultSchedulerTiming: SchedulerTiming = {
  callTimeoutMs: 75_000,
  subscribeTimeoutMs: 15_000,
  backoffBaseMs: 500,
  backoffMaxMs: 15_000,
  missedHeartbeats: 5,
  heartbeatMs: 15_000,
};

export interface SchedulerConnectionOptions {
  readonly detector: MasterDetector;
  /** Asked before every attempt, so that the framework id can be filled in once it is known. */
  readonly subscribe: () => SubscribeBody | Promise<SubscribeBody>;
  /**
   * Gets every event in order, one at a time; SUBSCRIBED first, and the connection takes calls from then on. When it
   * rejects, the subscription is dropped and made anew: unacknowledged updates come again. It must not await `stop()`.
   */
  readonly handler: (event: HandledSchedulerEvent) => void | Promise<void>;
  /** Decides about a refusal or ERROR event; default `defaultDecision`. */
  readonly onProblem?: (problem: SchedulerProblem) => SchedulerDecision | Promise<SchedulerDecision>;
  readonly onState?: (state: SchedulerConnectionState, reason: string) => void;
  /** Called when an attempt to subscribe failed: no leader, no answer. Refusals go to `onProblem`. */
  readonly onUnavailable?: (reason: string) => void;
  /**
   * Asked at every point from which a SUBSCRIBE or a call would go out; false holds back also what is queued. A process that
   * was stopped for a while asks it before it sends anything. Default: always.
   */
  readonly mayCall?: () => boolean;
  /** HTTP basic authentication; FrameworkInfo.principal must be the same principal. */
  readonly credentials?: { readonly principal: string; readonly secret: string };
  /** PEM of the authorities to trust for https masters. */
  readonly ca?: string;
  /** This framework's own certificate and key (PEM), for masters that ask for one. */
  readonly certificate?: ClientCertificate;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Source of the backoff's jitter in [0,1). */
  readonly random?: () => number;
  readonly timing?: Partial<SchedulerTiming>;
  /** Largest event accepted, in bytes; default 64 MiB. */
  readonly maxRecordBytes?: number;
}
