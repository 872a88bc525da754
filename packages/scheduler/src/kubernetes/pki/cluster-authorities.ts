// Makes the identity of one cluster: its authorities, its service-account key pair and its admin token. Made once per
// cluster and stored before a node gets secrets. Without it the cluster's identity is lost.
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { type Clock, systemClock } from "@cke/foundation";
import { createAuthority } from "./certificate.ts";
import type { ClusterAuthorities } from "./key-material.ts";

const generate = promisify(generateKeyPair);
/**
 * The key pair that is being made. Only one at a time, so that many new clusters do not take every processor and every
 * thread of Node's pool.
 */
let making: Promise<unknown> = Promise.resolve();

function createServiceAccountKeys(): Promise<ClusterAuthorities["serviceAccount"]> {
  const made = making.then(() =>
    generate("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    }),
  );
  making = made.catch(() => undefined);
  return made;
}

/** Makes new authorities for the cluster. It takes about 0.1 s, mostly for the RSA pair. */
export async function createClusterAuthorities(
  cluster: string,
  options: { readonly clock?: Clock } = {},
): Promise<ClusterAuthorities> {
  const now = (options.clock ?? systemClock).now();
  const serviceAccount = await createServiceAccountKeys();
  return {
    version: 1,
    cluster,
    createdAt: new Date(now).toISOString(),
    kubernetes: createAuthority(`cke-${cluster}-kubernetes-ca`, now),
    etcd: createAuthority(`cke-${cluster}-etcd-ca`, now),
    frontProxy: createAuthority(`cke-${cluster}-front-proxy-ca`, now),
    serviceAccount,
    adminToken: randomBytes(32).toString("base64url"),
  };
}

/** The bearer token of the cluster administrator. The API server reads it from `tokens.csv`. */
export function adminToken(authorities: ClusterAuthorities): string {
  return authorities.adminToken;
}

/** The API server's static token file: token, user name, user id, groups. */
export function tokensCsv(authorities: ClusterAuthorities): string {
  return `${authorities.adminToken},cke-admin,cke-admin,"system:masters"\n`;
}
