// Issues leaf certificates, kubeconfigs and token files of one KubeNode: only those that `secretNamesOf` lists for it.
// Subjects are those that Kubernetes' default RBAC and node authorizer know. Every server certificate has SANs, because
// Go ignores the common name.
import { type Clock, systemClock } from "@cke/foundation";
import { issueLeaf, type LeafOptions, type Subject } from "./certificate.ts";
import { tokensCsv } from "./cluster-authorities.ts";
import type {
  CertificateAndKey,
  ClusterAuthorities,
  NodeSecrets,
  NodeSecretsRequest,
  SecretName,
} from "./key-material.ts";
import { adminSubject, kubeconfig } from "./kubeconfig.ts";
import { secretNamesOf } from "./secret-names.ts";
import { firstServiceAddress } from "./service-address.ts";

/** Makes new secrets for a node. Every call makes new keys, so keep the result (`PkiVault`). */
export function issueNodeSecrets(
  authorities: ClusterAuthorities,
  request: NodeSecretsRequest,
  options: { readonly clock?: Clock } = {},
): NodeSecrets {
  const now = (options.clock ?? systemClock).now();
  const wanted = new Set<SecretName>(secretNamesOf(request));
  const secrets: Partial<Record<SecretName, string>> = {};
  const put = (name: SecretName, text: string) => {
    if (wanted.has(name)) secrets[name] = text;
  };
  const leaf = (authority: CertificateAndKey, leafOptions: Omit<LeafOptions, "now">) =>
    issueLeaf(authority, { ...leafOptions, now });
  const putPair = (
    certificateName: SecretName,
    keyName: SecretName,
    authority: CertificateAndKey,
    leafOptions: Omit<LeafOptions, "now">,
  ) => {
    if (!wanted.has(certificateName)) return;
    const pair = leaf(authority, leafOptions);
    put(certificateName, pair.certificate);
    put(keyName, pair.privateKey);
  };
  const putKubeconfig = (name: SecretName, user: string, subject: Subject) => {
    if (!wanted.has(name)) return;
    put(name, kubeconfigOf(user, leaf(authorities.kubernetes, { subject, usages: ["client"] })));
  };
  const kubeconfigOf = (user: string, credentials: CertificateAndKey) =>
    kubeconfig({
      cluster: authorities.cluster,
      server: request.apiServerUrl,
      user,
      authority: authorities.kubernetes.certificate,
      credentials,
    });

  put("kubernetes-ca.crt", authorities.kubernetes.certificate);
  put("etcd-ca.crt", authorities.etcd.certificate);
  put("front-proxy-ca.crt", authorities.frontProxy.certificate);
  put("sa.pub", authorities.serviceAccount.publicKey);
  put("sa.key", authorities.serviceAccount.privateKey);
  put("tokens.csv", tokensCsv(authorities));
  if (request.registryCertificate !== undefined) put("registry.crt", request.registryCertificate);

  putPair("etcd.crt", "etcd.key", authorities.etcd, {
    subject: { commonName: `etcd-${request.node}` },
    usages: ["server", "client"],
    names: [request.nodeIp, "127.0.0.1", "localhost", request.node],
  });
  putPair("apiserver.crt", "apiserver.key", authorities.kubernetes, servingOptions(request));
  putPair("apiserver-etcd-client.crt", "apiserver-etcd-client.key", authorities.etcd, {
    subject: { commonName: "kube-apiserver-etcd-client" },
    usages: ["client"],
  });
  putPair("apiserver-kubelet-client.crt", "apiserver-kubelet-client.key", authorities.kubernetes, {
    subject: { commonName: "kube-apiserver-kubelet-client", organization: "system:masters" },
    usages: ["client"],
  });
  putPair("front-proxy-client.crt", "front-proxy-client.key", authorities.frontProxy, {
    subject: { commonName: "front-proxy-client" },
    usages: ["client"],
  });
  putKubeconfig("kube-controller-manager.kubeconfig", "system:kube-controller-manager", {
    commonName: "system:kube-controller-manager",
  });
  putKubeconfig("kube-scheduler.kubeconfig", "system:kube-scheduler", { commonName: "system:kube-scheduler" });
  putKubeconfig("kube-proxy.kubeconfig", "system:kube-proxy", { commonName: "system:kube-proxy" });
  // What the group may do is in the image's addons (network-policies.yaml).
  const agent = `cke:felix:${request.node}`;
  putKubeconfig("felix.kubeconfig", agent, { commonName: agent, organization: "cke:felix" });
  putKubeconfig("admin.kubeconfig", "cke-admin", adminSubject);
  putKubelet();
  return secrets;

  // One certificate is the kubelet's serving certificate and its client identity.
  function putKubelet(): void {
    if (!wanted.has("kubelet.crt")) return;
    const commonName = `system:node:${request.node}`;
    const pair = leaf(authorities.kubernetes, {
      subject: { commonName, organization: "system:nodes" },
      usages: ["server", "client"],
      names: [request.nodeIp, "127.0.0.1", "localhost", request.node],
    });
    put("kubelet.crt", pair.certificate);
    put("kubelet.key", pair.privateKey);
    put("kubelet.kubeconfig", kubeconfigOf(commonName, pair));
  }
}

const servingOptions = (request: NodeSecretsRequest) =>
  ({
    subject: { commonName: "kube-apiserver" },
    usages: ["server"],
    names: apiServerNames(request),
  }) satisfies Omit<LeafOptions, "now">;

/** Another certificate of the node's API server, for the key that it has (PEM). */
export function issueServingCertificate(
  authorities: ClusterAuthorities,
  request: NodeSecretsRequest,
  key: string,
  now: number,
): string {
  return issueLeaf(authorities.kubernetes, { ...servingOptions(request), now }, key).certificate;
}

/** Names and addresses under which the API server of this node is reached. */
export function apiServerNames(request: NodeSecretsRequest): readonly string[] {
  return [
    "127.0.0.1",
    ...request.masterIps,
    request.nodeIp,
    firstServiceAddress(request.serviceCidr),
    "localhost",
    request.node,
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    ...(request.extraSans ?? []),
  ];
}
