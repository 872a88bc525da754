// The end of a deleted cluster: what is reserved for it is given back, then its records, keys and renderings go together.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { burial } from "../reservations/reservation-tombstones.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import { isGone } from "./step-executors.ts";

export interface ClusterRemovalParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly kinds: Kinds;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "settled">;
}

export class ClusterRemoval {
  readonly #parts: ClusterRemovalParts;

  constructor(parts: ClusterRemovalParts) {
    this.#parts = parts;
  }

  /** A look at a cluster that is being deleted. "going": units or reservations of it are still there; "gone": it is no more. */
  async look(cluster: WorkloadRecord): Promise<"units" | "reservations" | "gone"> {
    const { ledger, logs, kinds, orphanTimer, reservations, executorMessages } = this.#parts;
    const { name } = cluster.spec;
    const left = await reservations.release(cluster);
    if (!ledger.units(name).every((record) => isGone({ record }))) return "units";
    if (left === undefined) return "reservations";
    // Certificates that are being issued now would be stored after the removal and stay for ever.
    await executorMessages.settled(name);
    const kind = kinds.of(cluster);
    const also = await kind.deleteOperations(name);
    await ledger.remove(name, [...also, ...burial(left)]);
    reservations.buried(left);
    kind.forget(name);
    logs.line("info", name, "the cluster is deleted");
    logs.forget(name);
    orphanTimer.forget(name);
    return "gone";
  }
}
