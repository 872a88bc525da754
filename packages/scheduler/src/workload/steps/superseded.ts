// Steps for launches that were superseded while their agents were out of reach. Mesos kills none of their tasks, so
// they go on running when the agent comes back. Then CKE kills them there. Their data stays until the workload is
// deleted: a partition is no order to remove data. Pure.

import { isOutOfReach, type LaunchRecord, type UnitRecord, unitTaskOf } from "../records/records.ts";
import { isOver, killSteps } from "./kill-steps.ts";
import { orphanedResourcesAfter } from "./orphaned-resources.ts";
import type { Step, StepContext } from "./step.ts";

/** The context of a launch that is not needed any more, so that its unit counts as not tied. */
const unwanted = (context: StepContext): StepContext => ({ ...context, tied: false });

function stepsOfOne(launch: LaunchRecord, context: StepContext): readonly Step[] {
  const { incarnation, hostname } = launch;
  if (launch.tasks.every((task) => isOver(task, context))) {
    const explanation = `the superseded incarnation ${incarnation} on ${hostname} ended`;
    return [{ kind: "retire-superseded", incarnation, explanation }];
  }
  const unitTask = unitTaskOf(launch);
  const away = unitTask !== undefined && isOutOfReach(unitTask);
  const what = `incarnation ${incarnation} on ${hostname} was superseded`;
  return killSteps(
    launch,
    context,
    context.deleting ? "removal" : "stop",
    away ? what : `${what}, and its agent is back`,
  );
}

export function supersededSteps(record: UnitRecord, context: StepContext): readonly Step[] {
  return record.superseded.flatMap((launch) => stepsOfOne(launch, unwanted(context)));
}

/** The record without a superseded launch that is over. A delete cleans up what it may have left on its host. */
export function retireSuperseded(
  record: UnitRecord,
  incarnation: string,
  { now, rules }: Pick<StepContext, "now" | "rules">,
): UnitRecord {
  const launch = record.superseded.find((candidate) => candidate.incarnation === incarnation);
  if (launch === undefined) return record;
  const superseded = record.superseded.filter((candidate) => candidate !== launch);
  // A newer incarnation on the same host has taken the container over.
  const taken = [record.launch, ...superseded].some((other) => other?.hostname === launch.hostname);
  return {
    ...record,
    superseded,
    orphaned: taken ? record.orphaned : orphanedResourcesAfter(record, launch, now, rules),
  };
}
