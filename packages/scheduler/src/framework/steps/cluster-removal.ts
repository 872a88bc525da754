// The end of a deleted cluster: what is reserved for it is given back, then its records, keys and renderings go together.
import type { Renderings } from "../../kubernetes/rendering/renderings.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { ClusterPki } from "../ports/dependencies.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { burial } from "../reservations/reservation-tombstones.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import { isGone } from "./step-executors.ts";

export interface ClusterRemovalParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly renderings: Renderings;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "settled">;
  readonly pki: Pick<ClusterPki, "deleteOperations">;
}

export class ClusterRemoval {
  readonly #parts: ClusterRemovalParts;

  constructor(parts: ClusterRemovalParts) {
    this.#parts = parts;
  }

  /** A look at a cluster that is being deleted. "going": units or reservations of it are still there; "gone": it is no more. */
  async look(cluster: WorkloadRecord): Promise<"units" | "reservations" | "gone"> {
    const { ledger, logs, renderings, orphanTimer, reservations, executorMessages, pki } = this.#parts;
    const { name } = cluster.spec;
    const left = await reservations.release(cluster);
    if (!ledger.units(name).every((record) => isGone({ record }))) return "units";
    if (left === undefined) return "reservations";
    // Certificates that are being issued now would be stored after the removal and stay for ever.
    await executorMessages.settled(name);
    const also = [...renderings.deleteOperations(name), ...(await pki.deleteOperations(name))];
    await ledger.remove(name, [...also, ...burial(left)]);
    reservations.buried(left);
    renderings.forget(name);
    logs.line("info", name, "the cluster is deleted");
    logs.forget(name);
    orphanTimer.forget(name);
    return "gone";
  }
}
