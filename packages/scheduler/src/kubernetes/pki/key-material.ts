// The values of a cluster's public key infrastructure, all of them JSON, so that the store can keep them. The private
// keys of the authorities exist only in `ClusterAuthorities`, which never leaves the scheduler and its store.

import type { NodeType } from "@cke/protocol";

/** PEM texts of a certificate and its PKCS#8 private key. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ClusterAuthorities {
  readonly version: 1;
  readonly cluster: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly kubernetes: CertificateAndKey;
  readonly etcd: CertificateAndKey;
  readonly frontProxy: CertificateAndKey;
  /** RSA-2048 pair that signs and verifies service-account tokens; PEM, SPKI and PKCS#8. */
  readonly serviceAccount: { readonly publicKey: string; readonly privateKey: string };
  /** Bearer token with cluster-admin; 256 random bits, base64url. */
  readonly adminToken: string;
}

export interface NodeSecretsRequest {
  readonly node: string;
  readonly nodeType: NodeType;
  /** Static address of the node in the cluster's network. */
  readonly nodeIp: string;
  /** Addresses of all masters. */
  readonly masterIps: readonly string[];
  /** The cluster's service range, e.g. "10.96.0.0/12": its first address goes into the API server's certificate. */
  readonly serviceCidr: string;
  /** The URL at which clients on this node reach the API server, e.g. "https://127.0.0.1:6443" on a master. */
  readonly apiServerUrl: string;
  /** Further names and addresses of the API server (agent hosts of published ports, load balancers). */
  readonly extraSans?: readonly string[];
  /** Types of processes that run on the node beyond those of its node type (a kubelet on a master). */
  readonly processTypes?: readonly string[];
  /** PEM of the Docker registry's certificate; no `registry.crt` without it. */
  readonly registryCertificate?: string;
}

export const secretNames = [
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
  "kubelet.crt",
  "kubelet.key",
  "kubelet.kubeconfig",
  "kube-proxy.kubeconfig",
  "felix.kubeconfig",
  "admin.kubeconfig",
  "tokens.csv",
  "registry.crt",
] as const;
export type SecretName = (typeof secretNames)[number];

/** Texts of the files that one node gets, by name. */
export type NodeSecrets = Readonly<Partial<Record<SecretName, string>>>;
