// Why the launches of a cluster's other nodes wait while nobody has seen its network (kubernetes/steps/network-pilot.ts).
import { networkPilot } from "../../kubernetes/steps/network-pilot.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { Gate } from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { requestIdOf } from "./placement-requests.ts";

/**
 * The gate of each of the cluster's requests; undefined for the one that goes first, and for all when the network is known.
 * `mayGo`: false for a node whose steps do not launch it, now or later by themselves.
 */
export function networkGate(
  cluster: WorkloadRecord,
  nodes: readonly UnitRecord[],
  inventory: Pick<AgentInventory, "hasNetwork">,
  mayGo: (record: UnitRecord) => boolean,
): (need: PlacementRequest) => Gate | undefined {
  const { spec } = cluster;
  const pilot = networkPilot(spec, nodes, inventory.hasNetwork(spec.network), mayGo);
  return ({ id, cleanup, executor }) =>
    pilot === undefined || cleanup || executor !== undefined || id === requestIdOf(spec.name, pilot.node)
      ? undefined
      : { kind: "network", words: pilot.words };
}
