// Makes kubeconfigs that contain certificates and keys, so that a client needs one file only. They are JSON text, which
// every reader of YAML accepts and which needs no escaping rules of CKE.
import { type Clock, systemClock } from "@cke/foundation";
import { issueLeaf, type Subject } from "./certificate.ts";
import type { CertificateAndKey, ClusterAuthorities } from "./key-material.ts";

export interface KubeconfigOptions {
  readonly cluster: string;
  /** URL of the API server, e.g. "https://127.0.0.1:6443". */
  readonly server: string;
  readonly user: string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly authority: string;
  readonly credentials: CertificateAndKey;
}

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** The text of a kubeconfig with one cluster, one user and one context. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { cluster, server, user, authority, credentials } = options;
  const document = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name: user,
        user: {
          "client-certificate-data": base64(credentials.certificate),
          "client-key-data": base64(credentials.privateKey),
        },
      },
    ],
    contexts: [{ name: `${user}@${cluster}`, context: { cluster, user } }],
    "current-context": `${user}@${cluster}`,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

export const adminSubject: Subject = { commonName: "cke-admin", organization: "system:masters" };

/** A kubeconfig with cluster-admin and a client certificate of its own, for the operator (`GET …/kubeconfig`). */
export function clusterKubeconfig(
  authorities: ClusterAuthorities,
  options: { readonly server: string; readonly clock?: Clock },
): string {
  const now = (options.clock ?? systemClock).now();
  return kubeconfig({
    cluster: authorities.cluster,
    server: options.server,
    user: "cke-admin",
    authority: authorities.kubernetes.certificate,
    credentials: issueLeaf(authorities.kubernetes, { subject: adminSubject, usages: ["client"], now }),
  });
}
