// The hand-over of a moved unit: its host, its plan, and who answers for what is on either host change in one commit. Before it the
// unit can only be launched where it was, after it only where its data has come to.
import type { Clock } from "@cke/foundation";
import { advanced } from "../../workload/plans/workload-plan.ts";
import { plansOf, withPlan } from "../../workload/plans/workload-steps.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { destinationOption, sourceOption } from "../../workload/records/plan-record.ts";
import { answeringFor, movedUnit } from "../../workload/steps/moving.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface UnitMoveParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
}

/** `move-unit` */
export function moveUnit({ clock, ledger, logs }: UnitMoveParts): WorkloadExecutor<"move-unit"> {
  return async (workload, { plan: id, unit, hostname, explanation }) => {
    const { spec } = workload;
    const record = ledger.unit(spec.name, unit);
    const plan = plansOf(workload).find((one) => one.id === id);
    if (record === undefined || plan === undefined || launchesOf(record).length > 0) return "unchanged";
    const now = clock.now();
    const destination = ledger.unit(spec.name, `${plan.options[destinationOption] ?? ""}`);
    const { executorId, agentId } = destination?.launch ?? {};
    const agent =
      executorId === undefined || agentId === undefined
        ? destination?.last
        : { executorId, agentId, hostname, endedAtMs: now };
    const source = ledger.units(spec.name).find((one) => one.unit === plan.options[sourceOption]);
    const done = advanced(plan, { begin: [], reached: [{ action: "move", unit }] }, now);
    // A unit that was tied to its old host is tied to the new one.
    const units = spec.units.map((one) => (one.name === unit && one.host !== "*" ? { ...one, host: hostname } : one));
    await ledger.commit({
      workload: withPlan({ ...workload, spec: { ...spec, units } }, id, done),
      units: [
        movedUnit(record, hostname, now, agent),
        ...(source === undefined ? [] : [answeringFor(source, record.home, hostname)]),
      ],
    });
    logs.line("info", spec.name, explanation, { unit });
    return "changed";
  };
}
