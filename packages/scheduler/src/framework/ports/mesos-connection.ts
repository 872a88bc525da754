// What the framework needs of a connection to the leading master; `SchedulerConnection` of @cke/mesos is one.
import type { AskResult, CallResult, SchedulerCall } from "@cke/mesos";

/** Every call but SUBSCRIBE, which the connection makes itself. */
export type FrameworkCall = Exclude<SchedulerCall, { type: "SUBSCRIBE" }>;

/** Takes calls; a call is delivered at most once. */
export interface CallSink {
  call(call: FrameworkCall): Promise<CallResult>;
}

/** Asks the master's operator API by the name of a call. */
export type Ask = (type: string) => Promise<AskResult>;
