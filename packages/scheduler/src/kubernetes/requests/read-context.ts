// What bodies are checked against now: configurations, existing clusters, and facts about agents' hosts.

import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { ReadContext } from "../cluster/cluster-reader.ts";
import { clustersOf } from "../cluster/cluster-record.ts";
import type { KubernetesOptions } from "../kubernetes-options.ts";

export function readContext(
  { ledger, inventory, kinds }: Pick<FrameworkComponents, "ledger" | "inventory" | "kinds">,
  options: Pick<FrameworkOptions, "roles"> & KubernetesOptions,
): ReadContext {
  const { configurations, spiderLbEndpoint, roles, imagePath, localVersions = [], pools } = options;
  return {
    configurations,
    existing: clustersOf(ledger.workloads()).map(({ spec }) => spec),
    claimedPorts: kinds.claimedPorts(ledger.workloads()),
    loadBalancer: spiderLbEndpoint !== undefined,
    roles,
    pools,
    images: { imagePath, localVersions, known: inventory.known() },
  };
}
