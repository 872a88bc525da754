// Mesos' v1 JSON on the wire, shared by master and agent.
export * from "./decode-message.ts";
export * from "./encode-message.ts";
export * from "./json-text.ts";
export * from "./text-format.ts";
export * from "./to-json.ts";
