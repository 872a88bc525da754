// Why the launches of a cluster's other nodes wait while nobody has seen its network (domain/network-pilot.ts).
import { networkPilot } from "../domain/network-pilot.ts";
import { pauseOf } from "../domain/plan-control.ts";
import type { ClusterRecord, NodeRecord } from "../domain/records.ts";
import type { AgentInventory } from "./agent-inventory.ts";
import { needIdOf } from "./needs.ts";
import type { Need } from "./offer-matching.ts";
import type { Gate } from "./offer-refusal.ts";

/** The gate of each of the cluster's needs; undefined for the one that goes first, and for all when the network is known. */
export function networkGate(
  cluster: ClusterRecord,
  nodes: readonly NodeRecord[],
  inventory: Pick<AgentInventory, "hasNetwork">,
  stopped: (record: NodeRecord) => boolean,
): (need: Need) => Gate | undefined {
  const { spec } = cluster;
  const mayGo = (record: NodeRecord) => !record.blocked && pauseOf(cluster, record) === "" && !stopped(record);
  const pilot = networkPilot(spec, nodes, inventory.hasNetwork(spec.network), mayGo);
  return ({ id, cleanup, executor }) =>
    pilot === undefined || cleanup || executor !== undefined || id === needIdOf(spec.name, pilot.node)
      ? undefined
      : { kind: "network", words: pilot.words };
}
