// The kubeconfig of a cluster's administrator for one way to its API server. Over plain http kubectl sends no token, so there the
// scheduler is an HTTP proxy: TLS is between kubectl and the API server, with a client certificate. The load balancer's address may
// be newer than the certificates of masters that run, so there too the name in them is asked for.
import type { Clock } from "@cke/foundation";
import { proxiedHost } from "../access/proxied-host.ts";
import { apiserverPort } from "../configuration/ports.ts";
import type { ClusterAuthorities } from "../pki/key-material.ts";
import { clusterKubeconfig, tokenKubeconfig } from "../pki/kubeconfig.ts";
import type { ApiAddress } from "../views/api-addresses.ts";

/** A name that every API server's certificate has. */
const certifiedName = "kubernetes";

/** `schedulerUrl`: as whoever asks reaches this scheduler. */
export function kubeconfigFor(
  authorities: ClusterAuthorities,
  { via, server }: ApiAddress,
  schedulerUrl: string,
  clock: Clock,
): string {
  if (via === "spider-lb") return clusterKubeconfig(authorities, { server, serverName: certifiedName, clock });
  if (via !== "scheduler") return clusterKubeconfig(authorities, { server, clock });
  if (schedulerUrl.startsWith("https:")) return tokenKubeconfig(authorities, server);
  const inside = `https://${proxiedHost(authorities.cluster)}:${apiserverPort}`;
  return clusterKubeconfig(authorities, { server: inside, proxy: schedulerUrl, serverName: certifiedName, clock });
}
