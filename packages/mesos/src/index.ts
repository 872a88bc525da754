// The Mesos v1 client library: types and schemas, RecordIO, JSON, resources, master detection and the connections of a
// scheduler and of an executor. It knows nothing of CKE.

export * from "./detection/detector.ts";
export * from "./detection/master-address.ts";
export * from "./encoding/errors.ts";
export * from "./encoding/json.ts";
export * from "./encoding/record-io.ts";
export * from "./encoding/uuid.ts";
export * from "./executor/executor-connection.ts";
export * from "./executor/executor-environment.ts";
export * from "./executor/executor-options.ts";
export * from "./http/call-result.ts";
export * from "./resources/ranges.ts";
export * from "./resources/resource-matching.ts";
export * from "./resources/resource-text.ts";
export * as Resources from "./resources/resources.ts";
export type { AgentAddress, AgentCall, AskResult } from "./scheduler/operator-api-query.ts";
export * from "./scheduler/scheduler-connection.ts";
export * from "./scheduler/scheduler-options.ts";
export * from "./scheduler/scheduler-problem.ts";
export * from "./v1/command.ts";
export * from "./v1/common.ts";
export * from "./v1/container.ts";
export * from "./v1/framework.ts";
export * from "./v1/ids.ts";
export * from "./v1/messages/executor-call.ts";
export * from "./v1/messages/executor-event.ts";
export * from "./v1/messages/readable-offers.ts";
export * from "./v1/messages/scheduler-call.ts";
export * from "./v1/messages/scheduler-event.ts";
export type { UnknownEvent } from "./v1/messages/variants.ts";
export * from "./v1/offer.ts";
export * from "./v1/resource.ts";
export type { Base64, Int64, Open } from "./v1/schema.ts";
export * from "./v1/secret.ts";
export * from "./v1/task.ts";
export * from "./v1/task-status.ts";
export * from "./v1/value.ts";
