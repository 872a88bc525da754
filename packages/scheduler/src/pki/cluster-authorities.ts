// Creation of what identifies one cluster: its authorities, its service-account key pair and its admin token.
// Made once per cluster and stored before the first launch; losing it means losing the cluster's identity.
import { randomBytes, webcrypto } from "node:crypto";
import { type Clock, systemClock } from "@cke/foundation";
import { createAuthority, toPem } from "./certificate.ts";
import type { ClusterAuthorities } from "./types.ts";

async function createServiceAccountKeys(): Promise<ClusterAuthorities["serviceAccount"]> {
  const keys = await webcrypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  const [publicKey, privateKey] = await Promise.all([
    webcrypto.subtle.exportKey("spki", keys.publicKey),
    webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
  ]);
  return { publicKey: toPem("PUBLIC KEY", publicKey), privateKey: toPem("PRIVATE KEY", privateKey) };
}

/** Fresh authorities for the named cluster. Takes some 0.1 s, mostly the RSA pair. */
export async function createClusterAuthorities(
  cluster: string,
  options: { readonly clock?: Clock } = {},
): Promise<ClusterAuthorities> {
  const now = (options.clock ?? systemClock).now();
  const [kubernetes, etcd, frontProxy, serviceAccount] = await Promise.all([
    createAuthority(`cke-${cluster}-kubernetes-ca`, now),
    createAuthority(`cke-${cluster}-etcd-ca`, now),
    createAuthority(`cke-${cluster}-front-proxy-ca`, now),
    createServiceAccountKeys(),
  ]);
  return {
    version: 1,
    cluster,
    createdAt: new Date(now).toISOString(),
    kubernetes,
    etcd,
    frontProxy,
    serviceAccount,
    adminToken: randomBytes(32).toString("base64url"),
  };
}

/** The bearer token with cluster-admin; the API server knows it from `tokens.csv`. */
export function adminToken(authorities: ClusterAuthorities): string {
  return authorities.adminToken;
}

/** Content of the API server's static token file: token, user name, user id, groups. */
export function tokensCsv(authorities: ClusterAuthorities): string {
  return `${authorities.adminToken},cke-admin,cke-admin,"system:masters"\n`;
}
