// Changes of the records for a start or a stop. What is stopped ends in order and keeps its data, its addresses and its
// keys; its resources go back to Mesos. Pure.

import type { PlanStage } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { Expectation } from "../records/workload-spec.ts";
import { PlanRefusedError } from "./plan-control.ts";
import { newWorkloadPlan } from "./workload-plan.ts";

/** The values that a request may have. A cluster that is to be gone (FINISHED) is deleted instead. */
export const askedExpectations = ["RUN", "STOP"] as const satisfies readonly Expectation[];
export type AskedExpectation = (typeof askedExpectations)[number];

export interface ExpectationChange {
  readonly cluster: WorkloadRecord;
  /** The records that change with it. */
  readonly nodes: readonly UnitRecord[];
}

/** Who asked for it and when, and in which order the units stop. */
export interface AskedStop {
  readonly now: number;
  readonly by: string;
  readonly stopStages: readonly PlanStage[];
}

/**
 * The record as if it had never been launched: a start is no retry of earlier launches, and a stop that was asked for
 * is no failure.
 */
export function afresh(record: UnitRecord, now: number): UnitRecord {
  const { failure: _, ...rest } = record;
  return { ...rest, failures: 0, retryAtMs: now, lastFailure: "", blocked: false, needsHelp: false, servedAtMs: 0 };
}

/**
 * The change of a cluster and all of its nodes, except those that are stopped by themselves. Undefined when nothing
 * changes.
 */
export function expectCluster(
  { cluster, nodes }: ExpectationChange,
  expect: AskedExpectation,
  { now, by, stopStages }: AskedStop,
): ExpectationChange | undefined {
  if (cluster.deleting) throw new PlanRefusedError(`cluster "${cluster.spec.name}" is being deleted`, 409);
  if (cluster.spec.expect === expect) return undefined;
  const { plan: _, ...rest } = cluster;
  const next = { ...rest, spec: { ...cluster.spec, expect } };
  const plan = expect === "RUN" ? undefined : newWorkloadPlan("stop", stopStages, { sinceMs: now, by });
  return {
    cluster: plan === undefined ? next : { ...next, plan },
    nodes: expect === "RUN" ? nodes.map((record) => afresh(record, now)) : [],
  };
}

/**
 * The change of one node that is not a master. A master is stopped with its cluster only, because the other nodes need
 * it.
 */
export function expectNode(
  { cluster, nodes }: ExpectationChange,
  node: string,
  expect: AskedExpectation,
  now: number,
): ExpectationChange | undefined {
  const { spec } = cluster;
  if (cluster.deleting) throw new PlanRefusedError(`cluster "${spec.name}" is being deleted`, 409);
  const own = spec.units.find(({ name }) => name === node);
  if (own?.stateful === true && expect === "STOP") {
    throw new PlanRefusedError(
      `"${node}" is a master, which is not stopped alone, for the others count on it: stop the cluster (POST …/stop)`,
      422,
    );
  }
  if (own === undefined || own.expect === expect) return undefined;
  const changed = spec.units.map((one) => (one === own ? { ...one, expect } : one));
  return {
    cluster: { ...cluster, spec: { ...spec, units: changed } },
    nodes: expect === "RUN" ? nodes.filter((record) => record.unit === node).map((record) => afresh(record, now)) : [],
  };
}
