// The k8s executor: KubeNode containers on a Docker engine.
export * from "./container-plan.ts";
export * from "./engine.ts";
export * from "./node-identity.ts";
export * from "./spec-hash.ts";
