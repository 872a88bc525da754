// What tests and other packages need of the wrapper. Clients talk to it through `wrapperService` of @cke/protocol.
export type { Cgroup, Cgroups } from "./cgroup.ts";
export { detectCgroups } from "./cgroup-detection.ts";
export { cfsQuota, cpuMax, cpuShares, cpuWeight } from "./cgroup-values.ts";
export { type Flags, type ParsedFlags, parseFlags } from "./flags.ts";
export { noCgroups } from "./no-cgroups.ts";
export { specHash } from "./spec-defaults.ts";

export { WrapperError, type WrapperErrorCode } from "./wrapper-error.ts";
export { WrapperServer, type WrapperServerOptions } from "./wrapper-server.ts";
