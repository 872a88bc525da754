// The messages that processes of CKE exchange, and what both sides do with them.
export * from "./bgp-secrets.ts";
export * from "./bounded-report.ts";
export * from "./channel/index.ts";
export * from "./codec/codec.ts";
export * from "./generated/executor.ts";
export * from "./generated/kube-node.ts";
export * from "./generated/process.ts";
export * from "./generated/stream.ts";
export * from "./generated/vm.ts";
export * from "./generated/wrapper.ts";
export * from "./image-name.ts";
export * from "./node-type.ts";
export * from "./sealed-secrets.ts";
export * from "./wrapper/message-sender.ts";
export * from "./wrapper/tunnel-pieces.ts";
