// Who founds the etcd of a cluster whose masters have all lost their data. Those that were to join one knew an etcd that is gone, so
// that all masters found the next one together, whenever they came. Only those that a plan lets join, or has taken out already, found
// nothing: the plan goes on with the new etcd. Pure.

import { entryOf, isOpen } from "../../workload/records/plan-record.ts";
import { isLeaving } from "../../workload/records/removal-state.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec, MasterPlace, NodeSpec } from "../cluster/cluster-spec.ts";
import { etcdTopology, foundersOf, mastersOf } from "../rendering/etcd-topology.ts";
import { masterActions } from "./master-plans.ts";

/** True while a plan lets the master join etcd. */
export function isJoining({ plans = [] }: Pick<ClusterRecord, "plans">, node: string): boolean {
  return plans.some((plan) => {
    const entry = entryOf(plan, masterActions.join, node);
    return entry !== undefined && isOpen(plan, entry);
  });
}

/** The masters that found etcd anew; all of them where each is to join or to go. */
function foundersAnew(cluster: Pick<ClusterRecord, "spec" | "deleting" | "plans">): readonly MasterPlace[] {
  const masters = mastersOf(cluster.spec).map(({ name, ip }): MasterPlace => ({ name, ip }));
  const staying = masters.filter(({ name }) => !isLeaving(cluster, name));
  const present = staying.filter(({ name }) => !isJoining(cluster, name));
  return [present, staying].find(({ length }) => length > 0) ?? masters;
}

/** The specification of the cluster with these founders; the same object when nothing changes. */
export function foundedAnew(cluster: Pick<ClusterRecord, "spec" | "deleting" | "plans">): ClusterSpec {
  const { spec } = cluster;
  const founders = foundersAnew(cluster);
  const names = new Set(founders.map(({ name }) => name));
  const known = foundersOf(spec);
  const same =
    known.length === founders.length &&
    known.every(({ name, ip }, index) => founders[index]?.name === name && founders[index].ip === ip);
  if (same && spec.units.every(({ name, joins }) => joins === undefined || !names.has(name))) return spec;
  const units = spec.units.map((unit): NodeSpec => {
    if (unit.type !== "master") return unit;
    if (!names.has(unit.name)) return { ...unit, late: true, joins: [...founders] };
    const { joins: _joins, late: _late, ...founder } = unit;
    return founder;
  });
  return { ...spec, founders: [...founders], units };
}

/** Names of the masters whose etcd is started otherwise than before. */
export function refounded(before: ClusterSpec, after: ClusterSpec): ReadonlySet<string> {
  const placeOf = (spec: ClusterSpec, name: string) => {
    const node = spec.units.find((unit) => unit.name === name);
    return JSON.stringify(node && { joins: node.joins !== undefined, ...etcdTopology(spec, node) });
  };
  const names = mastersOf(after).map(({ name }) => name);
  return new Set(names.filter((name) => placeOf(before, name) !== placeOf(after, name)));
}
