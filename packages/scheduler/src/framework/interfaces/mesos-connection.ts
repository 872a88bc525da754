// What the framework needs of a connection to the leading Mesos master. `SchedulerConnection` of @cke/mesos implements
// it.
import type { AgentAddress, AgentCall, AskResult, CallResult, SchedulerCall } from "@cke/mesos";

/** Every call except SUBSCRIBE, which the connection makes itself. */
export type FrameworkCall = Exclude<SchedulerCall, { type: "SUBSCRIBE" }>;

/** Takes calls. A call is delivered at most once. */
export interface CallSink {
  call(call: FrameworkCall): Promise<CallResult>;
}

/** Asks the Mesos master's operator API, by the name of a call. */
export type Ask = (type: string) => Promise<AskResult>;

/** Asks the operator API of an agent. */
export type AskAgent = (agent: AgentAddress, call: AgentCall, signal: AbortSignal) => Promise<AskResult>;
