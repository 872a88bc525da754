// The k8s executor: KubeNode containers on a Docker engine. What tests of whole deployments need of it.
export { runDirectory } from "./docker/node-identity.ts";
