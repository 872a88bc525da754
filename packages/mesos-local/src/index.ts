// The embedded Mesos: a master and agents that speak Mesos' v1 HTTP API. A development and test engine; production is
// Apache Mesos. See docs/mesos-local.md.
export { type LocalAgent, type LocalMesos, startLocalMesos } from "./local-mesos.ts";
export type { Authentication } from "./master/http/authentication.ts";
export { Master } from "./master/master.ts";
export { completed, hostFacts, hostResources } from "./resources/host-resources.ts";
export { parseAttributes, parseResources } from "./resources/parse.ts";
