// The channel between scheduler and executor, as far as both ends share it.
export * from "./channel-protocol.ts";
export * from "./message-frames.ts";
export * from "./message-reader.ts";
export * from "./peer-liveness.ts";
export * from "./written.ts";
