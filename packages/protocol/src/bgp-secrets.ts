// The secrets of a cluster's BGP sessions: the file that a node gets sealed, and the names by which its configuration of BIRD,
// which has no secret in it, uses them. Pure.

/** Name of the file among a node's secrets. */
export const bgpSecretsName = "bgp-secrets.conf";

/** Most letters of the secret of TCP MD5 (RFC 2385, TCP_MD5SIG_MAXKEYLEN of Linux). */
export const longestBgpSecret = 80;

/** True for what BIRD can read between quotes, and the kernel takes. */
export const isBgpSecret = (secret: string) => /^[\x21\x23-\x7e]+$/.test(secret) && secret.length <= longestBgpSecret;

/** Of the sessions between nodes of the cluster. */
export const clusterSecret = "cluster_secret";

/** Of the sessions with a router outside. */
export const routerSecret = (address: string) => `router_secret_${address.replaceAll(".", "_")}`;

/** The file. Throws RangeError for a secret that would end its text, or that the kernel does not take. */
export function bgpSecretsFile(cluster: string, routers: Readonly<Record<string, string>>): string {
  const define = (name: string, secret: string) => {
    if (!isBgpSecret(secret))
      throw new RangeError(`a secret of BGP has 1 to ${longestBgpSecret} printable letters, and no quote or space`);
    return `define ${name} = "${secret}";\n`;
  };
  const outside = Object.entries(routers).map(([address, secret]) => define(routerSecret(address), secret));
  return `${define(clusterSecret, cluster)}${outside.join("")}`;
}
