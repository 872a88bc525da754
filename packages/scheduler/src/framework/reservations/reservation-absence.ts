// Finds reservations that are recorded but do not exist: their agent offers without them although no task of their unit
// uses them. An operator or a wiped agent has undone them. After a while they are removed from the record.
import type { Clock } from "@cke/foundation";
import { launchesOf } from "../../workload/records/launches.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { UnitName } from "../ledger/work-queue.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

/** An offer that was under way while resources changed is older than this. */
const absentMs = 60_000;

export interface ReservationAbsenceParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly clock: Clock;
}

export class ReservationAbsence {
  readonly #parts: ReservationAbsenceParts;
  /** Since when an agent offers without a recorded reservation, by record. */
  readonly #since = new Map<string, number>();

  constructor(parts: ReservationAbsenceParts) {
    this.#parts = parts;
  }

  /** After a subscription nothing is known about earlier offers. */
  clear(): void {
    this.#since.clear();
  }

  /** Units with a recorded reservation, by agent id. */
  recorded(): ReadonlyMap<string, readonly UnitName[]> {
    const names = new Map<string, UnitName[]>();
    for (const record of this.#parts.ledger.reserving()) {
      for (const { agentId } of record.reservations) {
        const there = names.get(agentId);
        if (there === undefined) names.set(agentId, [record]);
        else there.push(record);
      }
    }
    return names;
  }

  /** The agent offers to the role. Returns the units whose record must be changed now. */
  gone(
    names: readonly UnitName[],
    agentId: string,
    role: string,
    isSeen: (owner: Omit<ReservationOwner, "framework" | "kind">) => boolean,
  ): readonly (readonly [UnitRecord, ReservationRecord])[] {
    const { ledger, clock, logs } = this.#parts;
    const now = clock.now();
    return names.flatMap(({ workload, unit }) => {
      const record = ledger.unit(workload, unit);
      const entry = record?.reservations.find((one) => one.agentId === agentId && one.role === role);
      if (record === undefined || entry === undefined || entry.state === "refused") return [];
      const key = `${workload}/${unit}\n${agentId}\n${role}`;
      const used = launchesOf(record).some((launch) => launch.agentId === agentId);
      if (used || entry.state === "intended" || entry.operationId !== "" || isSeen(record)) {
        this.#since.delete(key);
        return [];
      }
      const since = this.#since.get(key) ?? now;
      this.#since.set(key, since);
      if (now - since < absentMs) return [];
      this.#since.delete(key);
      const level = entry.state === "unreserving" ? "info" : "warning";
      logs.line(level, workload, `${entry.hostname} has nothing reserved for the unit any more`, { unit });
      return [[record, entry] as const];
    });
  }
}
