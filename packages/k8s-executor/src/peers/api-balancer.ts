// The balancer of a node, behind which are the masters among the cluster's nodes: its own clients of the API server use it. Pure.
import { createHash } from "node:crypto";
import type { ApiBalancer } from "@cke/protocol";
import type { BalancerSetting } from "../wrapper/wrapper-client.ts";
import type { Peers } from "./peers.ts";

/** Every API server answers this without credentials. */
const healthPath = "/readyz";

/**
 * What the node's balancer is to be; undefined when the peers name no master, as those of an earlier scheduler do: it stays as it is
 * then. Each node begins the list elsewhere, so that they do not all use the same master.
 */
export function balancerSetting(
  { peers }: Peers,
  { port, masterPort }: ApiBalancer,
  ownName: string,
): BalancerSetting | undefined {
  const masters = peers.filter(({ master }) => master).map(({ ip }) => `${ip}:${masterPort}`);
  if (masters.length === 0) return undefined;
  const begin = createHash("sha256").update(ownName).digest().readUInt32BE(0) % masters.length;
  return {
    listen: `127.0.0.1:${port}`,
    targets: [...masters.slice(begin), ...masters.slice(0, begin)],
    healthPath,
  };
}
