// The end of a deleted workload: its reservations are given back, then its records are removed together with everything
// that its kind has stored.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { tombstoneOperations } from "../reservations/reservation-tombstones.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface WorkloadRemovalParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly kinds: Kinds;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "idle">;
}

/** True when nothing of the unit is left that must go before its workload. */
function isGone(record: UnitRecord): boolean {
  return launchesOf(record).length === 0 && record.leftovers.length === 0;
}

/** `remove-workload`: continues a removal. "unchanged": units or reservations are still left. */
export function removeWorkload(parts: WorkloadRemovalParts): WorkloadExecutor<"remove-workload"> {
  const { ledger, logs, kinds, orphanTimer, reservations, executorMessages } = parts;
  return async (workload) => {
    const { name } = workload.spec;
    const left = await reservations.release(workload);
    if (left === undefined || !ledger.units(name).every(isGone)) return "unchanged";
    // Certificates that are being issued now would be stored after the removal and stay for ever.
    await executorMessages.idle(name);
    const kind = kinds.of(workload);
    const also = await kind.deleteOperations(name);
    await ledger.remove(name, [...also, ...tombstoneOperations(left)]);
    reservations.keepTombstones(left);
    kind.forget(name);
    logs.line("info", name, "the cluster is deleted");
    logs.forget(name);
    orphanTimer.forget(name);
    return "gone";
  };
}
