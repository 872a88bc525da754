// What every executor does, whatever it runs: the connection to the agent, reliable status updates, the task life cycle.
export * from "./agent-link.ts";
export * from "./channel/index.ts";
export * from "./command-line.ts";
export * from "./driver.ts";
export * from "./executor.ts";
export * from "./mesos-agent-link.ts";
export * from "./run-executor.ts";
export * from "./status-ledger.ts";
export * from "./task-status.ts";
export * from "./unit/index.ts";
