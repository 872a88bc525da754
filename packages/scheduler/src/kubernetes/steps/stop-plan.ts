// The order in which a cluster stops: workers and consoles first, so that their pods can end in order, then the masters
// that they need for that. Pure.

import type { PlanStage } from "../../workload/records/plan-record.ts";
import type { WorkloadSpec } from "../../workload/records/workload-spec.ts";

export function stopStages({ units }: WorkloadSpec): readonly PlanStage[] {
  // Of all nodes the masters, and only they, are stateful.
  const names = (masters: boolean) => units.filter(({ stateful }) => stateful === masters).map(({ name }) => name);
  return [
    { name: "workers and consoles", units: names(false) },
    { name: "masters", units: names(true) },
  ];
}
