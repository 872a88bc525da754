// Simulated agents: thousands in one process, executors in memory. See docs/mesos-local.md.

export * from "./executor-behaviour.ts";
export type { CallFate, EventFate, FaultModel } from "./fault-model.ts";
export * from "./in-memory-connection.ts";
export * from "./in-memory-link.ts";
export * from "./in-memory-mesos.ts";
export * from "./simulated-agent.ts";
export * from "./simulated-mesos.ts";
export { type RunTask, SimulatedRun } from "./simulated-run.ts";
export * from "./virtual-clock.ts";
