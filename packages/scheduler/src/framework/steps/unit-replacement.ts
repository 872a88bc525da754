// The begin of another instance of a unit. What of the old one may still run is out of reach: the order to remove it there
// is stored first, and is carried out when its agent returns.
import type { Clock } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { advanced } from "../../workload/plans/workload-plan.ts";
import { plansOf, withPlan } from "../../workload/plans/workload-steps.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { describeOrphanedResources } from "../../workload/steps/orphaned-resources.ts";
import { anotherInstance } from "../../workload/steps/replacement.ts";
import type { AgentNames } from "../agents/agent-names.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { tombstoneOf, tombstoneOperations } from "../reservations/reservation-tombstones.ts";
import type { OrphanRemovals } from "../tasks/orphan-removals.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface UnitReplacementParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  readonly agentNames: Pick<AgentNames, "hasOther">;
  readonly orphanRemovals: Pick<OrphanRemovals, "add">;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "isBusy">;
  /** Called for every task that is in no record any more. */
  readonly forgotten: (taskId: string) => void;
}

/** `replace-unit` */
export function replaceUnit(parts: UnitReplacementParts): WorkloadExecutor<"replace-unit"> {
  const { clock, ledger, logs, kinds, agentNames, orphanRemovals, orphanTimer, reservations } = parts;
  const { executorMessages, forgotten } = parts;
  return async (workload, { plan: id, unit, instance }) => {
    const { name } = workload.spec;
    const record = ledger.unit(name, unit);
    if (record === undefined || record.instance === instance) return "unchanged";
    // Keys that are being made now for the old instance would be stored after those were removed, and be the new one's.
    if (executorMessages.isBusy(name)) return "unchanged";
    const keys = await kinds.of(workload).replaceUnitOperations(record);
    const { rules } = kinds.of(workload);
    const launches = launchesOf(record);
    await orphanRemovals.add(record.instance, launches);
    const next = anotherInstance(record, instance, {
      now: clock.now(),
      rules,
      elsewhere: (hostname) => agentNames.hasOther(hostname),
    });
    const tombstones = record.reservations.map((entry) => tombstoneOf(record, entry, clock.now()));
    const plan = plansOf(workload).find((one) => one.id === id);
    if (plan === undefined) return "unchanged";
    // In one commit with the plan: what it says of the old instance is not for the new one.
    const done = advanced(plan, { begin: [], reached: [{ action: "replace", unit }] }, clock.now());
    await ledger.commit({
      workload: withPlan(workload, id, done),
      units: [next],
      also: [...keys, ...tombstoneOperations(tombstones)],
    });
    reservations.keepTombstones(tombstones);
    orphanTimer.forget(name, unit);
    for (const { taskId } of launches.flatMap(({ tasks }) => tasks)) forgotten(taskId);
    logs.forgetUnit(name, unit);
    logs.line("info", name, `another instance of the ${rules.words.unit} begins`, { unit });
    for (const left of next.orphaned) {
      const command = rules.cleanupCommand({ ...record, instance: left.instance ?? record.instance });
      const words = `${describeOrphanedResources(record, left, rules)}: it goes when its agent returns with the executor, or when the ${rules.words.unit} is removed; or run there: ${command}`;
      logs.line("warning", name, words, { unit, host: left.hostname });
    }
    return "changed";
  };
}
