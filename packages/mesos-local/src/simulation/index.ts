// Simulated agents: thousands in one process, executors in memory. See docs/mesos-local.md.
export { type ExecutorHost, promptExecutor, type SimulatedExecutor } from "./executor-behaviour.ts";
export type { CallFate, EventFate, FaultModel } from "./fault-model.ts";
export type { InMemoryConnection } from "./in-memory-connection.ts";
export { InMemoryLink } from "./in-memory-link.ts";
export { type AgentSpec, type AgentWindow, InMemoryMesos } from "./in-memory-mesos.ts";
export { SimulatedAgent } from "./simulated-agent.ts";
export { VirtualClock } from "./virtual-clock.ts";
