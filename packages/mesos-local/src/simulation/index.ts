// Simulated agents: thousands in one process, executors in memory. See docs/mesos-local.md.
export * from "./agent-wire.ts";
export * from "./executor-behaviour.ts";
export * from "./in-memory-mesos.ts";
export * from "./scheduler-port.ts";
export * from "./simulated-agent.ts";
export * from "./simulated-mesos.ts";
export { type RunTask, SimulatedRun } from "./simulated-run.ts";
export * from "./virtual-clock.ts";
export type { CallFate, EventFate, Weather } from "./weather.ts";
