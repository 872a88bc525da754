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
  /** PEM of the authority that signed the server's certificate; absent: one of those that clients know. */
  readonly authority?: string;
  /** URL of an HTTP proxy on the way to the API server. */
  readonly proxy?: string | undefined;
  /** Name in the server's certificate, where it is not the server's host. */
  readonly serverName?: string | undefined;
  readonly credentials: CertificateAndKey | { readonly token: string };
}

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** The text of a kubeconfig with one cluster, one user and one context. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { cluster, server, user, authority, proxy, serverName, credentials } = options;
  const who =
    "token" in credentials
      ? { token: credentials.token }
      : {
          "client-certificate-data": base64(credentials.certificate),
          "client-key-data": base64(credentials.privateKey),
        };
  const document = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: cluster,
        cluster: {
          server,
          ...(proxy === undefined ? {} : { "proxy-url": proxy }),
          ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
          ...(authority === undefined ? {} : { "certificate-authority-data": base64(authority) }),
        },
      },
    ],
    users: [{ name: user, user: who }],
    contexts: [{ name: `${user}@${cluster}`, context: { cluster, user } }],
    "current-context": `${user}@${cluster}`,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

export const adminSubject: Subject = { commonName: "cke-admin", organization: "system:masters" };

/** A kubeconfig with cluster-admin and a client certificate of its own, for the operator (`GET …/kubeconfig`). */
export function clusterKubeconfig(
  authorities: ClusterAuthorities,
  options: Pick<KubeconfigOptions, "server" | "proxy" | "serverName"> & { readonly clock?: Clock },
): string {
  const { clock = systemClock, ...where } = options;
  const now = clock.now();
  return kubeconfig({
    ...where,
    cluster: authorities.cluster,
    user: "cke-admin",
    authority: authorities.kubernetes.certificate,
    credentials: issueLeaf(authorities.kubernetes, { subject: adminSubject, usages: ["client"], now }),
  });
}

/** The same with the administrator's token: for a server that speaks TLS for the API server, which no client certificate passes. */
export function tokenKubeconfig(authorities: ClusterAuthorities, server: string): string {
  const { cluster, adminToken: token } = authorities;
  return kubeconfig({ cluster, server, user: "cke-admin", credentials: { token } });
}
