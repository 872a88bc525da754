// What both ends of a channel share: the protocol, its messages and the check that the peer lives.
export * from "./channel-protocol.ts";
export * from "./message-frames.ts";
export * from "./message-reader.ts";
export * from "./peer-liveness.ts";
export * from "./written.ts";
