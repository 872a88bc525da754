// The end of a deleted workload: its reservations are given back, then its records are removed together with everything
// that its kind has stored.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { hasEnded } from "../../workload/records/removal-state.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { tombstoneOperations } from "../reservations/reservation-tombstones.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { BeginAnew } from "./begin-anew.ts";
import type { PlanActions } from "./plan-actions.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface WorkloadRemovalParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "isBusy">;
  readonly planActions: Pick<PlanActions, "forget">;
  readonly beginAnew: Pick<BeginAnew, "forget">;
}

/** `remove-workload`: continues a removal. "unchanged": units or reservations are still left. */
export function removeWorkload(parts: WorkloadRemovalParts): WorkloadExecutor<"remove-workload"> {
  const { ledger, logs, kinds, orphanTimer, reservations, executorMessages, planActions, beginAnew } = parts;
  return async (workload) => {
    const { name } = workload.spec;
    planActions.forget(name);
    const left = await reservations.release(ledger.units(name));
    if (left === undefined || !ledger.units(name).every(hasEnded)) return "unchanged";
    // Certificates that are being issued now would be stored after the removal and stay for ever.
    if (executorMessages.isBusy(name)) return "unchanged";
    const kind = kinds.of(workload);
    const also = await kind.deleteOperations(name);
    await ledger.remove(name, [...also, ...tombstoneOperations(left)]);
    reservations.keepTombstones(left);
    kind.forget(name);
    logs.line("info", name, `the ${kind.rules.words.workload} is deleted`);
    logs.forget(name, `the ${kind.rules.words.workload} is deleted`);
    orphanTimer.forget(name);
    beginAnew.forget(name);
    return "gone";
  };
}
