// The hash of everything that cannot be changed on a running container. A new incarnation of the executor adopts a container with the
// same hash. Limits, files, secrets, peers and descriptive labels can change and are not part of it.
import { createHash } from "node:crypto";
import type { KubeNodeTask } from "@cke/protocol";

const recipe = 1; // change it when containers made by older executors must not be adopted

function sorted<T>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => {
    const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** SHA-256 (hex, 32 digits) of the fixed part of the specification; the order of lists does not matter. */
export function specHash(task: KubeNodeTask): string {
  const fixed = [
    recipe,
    task.cluster,
    task.node,
    task.nodeType,
    task.image,
    task.hostname,
    task.network,
    task.ip,
    sorted(task.hosts),
    sorted(task.environment),
    sorted(task.volumes),
    sorted(task.tmpfs),
    sorted(task.ports),
    task.lxcfsPath,
    task.dockerPath,
    task.registryDomain,
    // Of gateways only: containers of other nodes have the hash that they always had.
    ...(task.uplinkNetwork === "" ? [] : [task.uplinkNetwork, task.uplinkIp]),
  ];
  return createHash("sha256").update(JSON.stringify(fixed)).digest("hex").slice(0, 32);
}
