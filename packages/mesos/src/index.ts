// The Mesos v1 client library: types and schemas, RecordIO, JSON, resources, master detection and the connections of a
// scheduler and of an executor. It knows nothing of CKE.

export * from "./call-result.ts";
export * from "./detector.ts";
export * from "./errors.ts";
export * from "./executor-connection.ts";
export * from "./executor-environment.ts";
export * from "./executor-options.ts";
export * from "./json.ts";
export * from "./master-address.ts";
export type { AskResult } from "./operator-question.ts";
export * from "./ranges.ts";
export * from "./record-io.ts";
export * from "./resource-matching.ts";
export * from "./resource-text.ts";
export * as Resources from "./resources.ts";
export * from "./scheduler-connection.ts";
export * from "./scheduler-options.ts";
export * from "./scheduler-problem.ts";
export * from "./uuid.ts";
export * from "./v1/command.ts";
export * from "./v1/common.ts";
export * from "./v1/container.ts";
export * from "./v1/executor-call.ts";
export * from "./v1/executor-event.ts";
export * from "./v1/framework.ts";
export * from "./v1/ids.ts";
export * from "./v1/offer.ts";
export * from "./v1/readable-offers.ts";
export * from "./v1/resource.ts";
export * from "./v1/scheduler-call.ts";
export * from "./v1/scheduler-event.ts";
export type { Base64, Int64, Open } from "./v1/schema.ts";
export * from "./v1/secret.ts";
export * from "./v1/task.ts";
export * from "./v1/task-status.ts";
export * from "./v1/value.ts";
export type { UnknownEvent } from "./v1/variants.ts";
