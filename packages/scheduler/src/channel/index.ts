// The scheduler's end of the channel to executors. It belongs to a term, and knows nothing of what a unit is.
export * from "./channel.ts";
export * from "./channel-observer.ts";
export * from "./channels.ts";
export { asksForChannel } from "./dial-request.ts";
export * from "./exec-stream.ts";
export * from "./unit.ts";
export * from "./unit-channels.ts";
export * from "./workload-channels.ts";
