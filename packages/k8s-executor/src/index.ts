// The k8s executor: KubeNode containers on a Docker engine.
export * from "./container/container-spec.ts";
export * from "./container/node-identity.ts";
export * from "./container/spec-hash.ts";
export * from "./docker/engine.ts";
