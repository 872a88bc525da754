// The k8s executor: KubeNode containers on a Docker engine. What tests of whole deployments and of renderings need of it.
export { specHash } from "./container/spec-hash.ts";
export { runDirectory } from "./docker/node-identity.ts";
