// The pilot of an unknown network: a network that no agent has reported may not exist, so one node of the cluster is
// launched first. The others wait until it has shown that the network exists. Otherwise launches that all fail alike
// would fill the agents. Pure.

import {
  isTerminal,
  type LaunchRecord,
  reportOf,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";

/** Steps of a launch that come only after its network was found. */
const later = new Set(["wrapper", "secrets", "files", "ready"]);

function hasShown({ home, launch, superseded }: UnitRecord): boolean {
  if (home !== "") return true;
  return [...(launch === undefined ? [] : [launch]), ...superseded].some((one) => {
    const task = unitTaskOf(one);
    const report = task === undefined ? undefined : reportOf(task);
    return (task?.startedAtMs ?? 0) > 0 || (report?.kind === "unit" && later.has(report.value.launchStep));
  });
}

const isOnItsWay = (launch: LaunchRecord | undefined): boolean => {
  const task = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
  return task !== undefined && !isTerminal(task);
};

export interface Pilot {
  readonly node: string;
  /** Why the others wait. */
  readonly words: string;
}

/**
 * The node that goes first; undefined when all may go. `seen`: an agent has reported the network. `mayGo`: false for a
 * node that is not to run, is paused, or is not tried again.
 */
export function networkPilot(
  spec: ClusterSpec,
  records: readonly UnitRecord[],
  seen: boolean,
  mayGo: (record: UnitRecord) => boolean,
): Pilot | undefined {
  if (seen || spec.network === "" || records.length < 2 || records.some(hasShown)) return undefined;
  const masters = new Set(spec.units.filter(({ type }) => type === "master").map(({ name }) => name));
  const able = records.filter(mayGo);
  const pilot =
    records.find(({ launch }) => isOnItsWay(launch)) ?? able.find(({ unit }) => masters.has(unit)) ?? able[0];
  if (pilot === undefined) return undefined;
  const { unit, launch, failure } = pilot;
  const where = launch === undefined ? "an agent" : launch.hostname;
  const cause =
    failure === undefined || launch !== undefined
      ? ""
      : `; its last launch failed${failure.cause === "" ? "" : ` (${failure.cause})`}`;
  return { node: unit, words: `waits until ${unit} has shown that network ${spec.network} exists on ${where}${cause}` };
}
