// What executors of every kind do for their unit: secrets, the order to remove data, messages of the scheduler, the unit's log.
export * from "./executor-settings.ts";
export * from "./removal-order.ts";
export * from "./retry.ts";
export * from "./scheduler-messages.ts";
export * from "./secrets-client.ts";
export * from "./unit-logger.ts";
