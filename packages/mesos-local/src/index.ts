// The embedded Mesos: a master and agents that speak Mesos' v1 HTTP API. A development and test engine; production is
// Apache Mesos. See docs/mesos-local.md.
export type { AgentHandle, AgentOptions, AgentStopOptions } from "./agent/index.ts";
export { startAgent } from "./agent/index.ts";
export * from "./local-mesos.ts";
export { type Authentication, readCredentials } from "./master/http/authentication.ts";
export { Master, type MasterOptions } from "./master/master.ts";
export { defaultTimings, type MasterTimings } from "./master/state/options.ts";
export { completed, hostFacts, hostResources } from "./resources/host-resources.ts";
export { parseAttributes, parseResources } from "./resources/parse.ts";
export {
  defaultSimulatedResources,
  type ExecutorBehaviour,
  type ExecutorHost,
  type PromptOptions,
  promptExecutor,
  type SimulatedExecutor,
  type SimulatedMesos,
  type SimulatedMesosOptions,
  startSimulatedMesos,
} from "./simulation/index.ts";
