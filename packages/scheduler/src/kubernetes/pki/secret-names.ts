// Which secrets a node gets: only what its type and processes need. A pure table, so that the launcher can name the
// secrets in a KubeNodeTask without issuing anything.
import type { NodeType } from "@cke/protocol";
import type { SecretName } from "./key-material.ts";

const byNodeType: Readonly<Record<NodeType, readonly SecretName[]>> = {
  master: [
    "kubernetes-ca.crt",
    "etcd-ca.crt",
    "front-proxy-ca.crt",
    "sa.pub",
    "sa.key",
    "etcd.crt",
    "etcd.key",
    "apiserver.crt",
    "apiserver.key",
    "apiserver-etcd-client.crt",
    "apiserver-etcd-client.key",
    "apiserver-kubelet-client.crt",
    "apiserver-kubelet-client.key",
    "front-proxy-client.crt",
    "front-proxy-client.key",
    "kube-controller-manager.kubeconfig",
    "kube-scheduler.kubeconfig",
    "admin.kubeconfig",
    "tokens.csv",
  ],
  node: ["kubernetes-ca.crt", "kubelet.crt", "kubelet.key", "kubelet.kubeconfig", "kube-proxy.kubeconfig"],
  console: ["kubernetes-ca.crt", "admin.kubeconfig"],
  // It asks nothing of the cluster's API.
  natgw: [],
};

const byProcessType: Readonly<Record<string, readonly SecretName[]>> = {
  kubelet: ["kubernetes-ca.crt", "kubelet.crt", "kubelet.key", "kubelet.kubeconfig"],
  kubeproxy: ["kubernetes-ca.crt", "kube-proxy.kubeconfig"],
  felix: ["kubernetes-ca.crt", "felix.kubeconfig"],
};

/** Names of the secrets of a node, in the fixed order of `secretNames` without duplicates. */
export function secretNamesOf(node: {
  readonly nodeType: NodeType;
  readonly processTypes?: readonly string[];
  readonly registryCertificate?: string | boolean;
}): readonly SecretName[] {
  const names = new Set<SecretName>(byNodeType[node.nodeType]);
  for (const type of node.processTypes ?? []) {
    for (const name of byProcessType[type] ?? []) names.add(name);
  }
  if (node.registryCertificate !== undefined && node.registryCertificate !== false) names.add("registry.crt");
  return [...names];
}
