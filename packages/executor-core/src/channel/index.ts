// The executor's end of the channel.
export * from "./channels.ts";
export * from "./unit-streams.ts";
