// Mesos' v1 messages on the wire, in JSON and in protobuf, shared by master and agent.
export * from "./call-body.ts";
export * from "./decode-binary.ts";
export * from "./decode-message.ts";
export * from "./encode-binary.ts";
export * from "./encode-message.ts";
export * from "./json/json-text.ts";
export * from "./json/plain-json.ts";
export * from "./media-type.ts";
export * from "./text-format.ts";
export * from "./to-json.ts";
