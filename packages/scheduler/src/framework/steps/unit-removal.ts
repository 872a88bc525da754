// The end of a removed unit: what is reserved for it is given back, then it leaves its workload, together with everything
// that its kind has stored for it.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { isStateful, type WorkloadSpec } from "../../workload/records/workload-spec.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { tombstoneOperations } from "../reservations/reservation-tombstones.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface UnitRemovalParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  readonly orphanTimer: Pick<OrphanTimer, "forget">;
  readonly reservations: ReservationHandler;
  readonly executorMessages: Pick<ExecutorMessages, "isBusy">;
}

/** `release-unit`: continues until nothing is reserved for the unit, or until nobody waits for it any more. */
export function releaseUnit({ ledger, reservations }: UnitRemovalParts): WorkloadExecutor<"release-unit"> {
  return async ({ spec }, { unit }) => {
    const record = ledger.unit(spec.name, unit);
    const left = record === undefined ? undefined : await reservations.release([record]);
    const present = ledger.unit(spec.name, unit);
    if (left === undefined || present === undefined) return "unchanged";
    await ledger.commit({ units: [{ ...present, reservations: [] }], also: tombstoneOperations(left) });
    reservations.keepTombstones(left);
    return "changed";
  };
}

/** What is not stateful any more has lost nothing with a host that was lost meanwhile. */
const untied = (spec: WorkloadSpec, units: readonly UnitRecord[]) =>
  units.flatMap(({ dataLost, ...record }) =>
    dataLost === undefined || isStateful(spec, record.unit) || !spec.units.some(({ name }) => name === record.unit)
      ? []
      : [record],
  );

/** `forget-unit`: its name, its address and everything that is stored of it are free again. */
export function forgetUnit(parts: UnitRemovalParts): WorkloadExecutor<"forget-unit"> {
  const { ledger, logs, kinds, orphanTimer, executorMessages } = parts;
  return async (workload, { unit }) => {
    const { name, units } = workload.spec;
    const record = ledger.unit(name, unit);
    if (record === undefined) return "unchanged";
    // Secrets that are being made now would be stored after the removal and stay.
    if (executorMessages.isBusy(name)) return "unchanged";
    const kind = kinds.of(workload);
    const also = await kind.deleteUnitOperations(record);
    const left = { ...workload, spec: { ...workload.spec, units: units.filter((one) => one.name !== unit) } };
    const spec = kind.withoutUnit?.(left) ?? left.spec;
    await ledger.commitUnits(untied(spec, ledger.units(name)));
    await ledger.removeUnit({ ...left, spec }, unit, also);
    kind.forgetUnit(name, unit);
    orphanTimer.forget(name, unit);
    logs.line("info", name, `the ${kind.rules.words.unit} is removed`, { unit });
    logs.forgetUnit(name, unit);
    return "changed";
  };
}
