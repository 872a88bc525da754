// The embedded Mesos' agent: executors, sandboxes, fetcher, status updates and checkpoints behind the v1 executor API.
// A development and test engine that answers as Apache Mesos 1.12 does; production is Apache Mesos.
export { startAgent } from "./agent.ts";
export type { AgentHandle, AgentOptions, AgentStopOptions } from "./state/agent-options.ts";
