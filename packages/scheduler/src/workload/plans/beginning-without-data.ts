// Stateful units that have lost their data, because their agents were marked gone. While others of the workload have theirs, such a
// unit waits for an operator: the others do not know one that begins with nothing. When none has any left, all begin anew. This is
// decided once for all of them, in one commit, and only when each is known to have no data: one whose executor has not reported yet may
// have some, and so may one that runs in Mesos and is in no record (after the store was restored from a backup). Pure.
import { launchesOf } from "../records/launches.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import { isStateful } from "../records/workload-spec.ts";

/** Why it is not known whether a unit runs in Mesos; "" when it is known. */
type Unsettled = (unit: string) => string;

/** What is known of the data of the stateful units of a workload. */
interface DataOutlook {
  /** They have data. */
  readonly kept: readonly UnitRecord[];
  /** They are launched, and their executors have not reported yet whether they have made data. */
  readonly unreported: readonly UnitRecord[];
  /** They have neither, and may run in Mesos all the same, with data. */
  readonly unsettled: readonly UnitRecord[];
  /** They are not launched, and had data, or may have had some, which is lost. Some of them may be unsettled. */
  readonly lost: readonly UnitRecord[];
}

const mayMakeData = (record: UnitRecord) => launchesOf(record).some(({ cleanup }) => !cleanup);

function dataOutlook(
  { spec }: Pick<WorkloadRecord, "spec">,
  units: readonly UnitRecord[],
  unsettled: Unsettled,
): DataOutlook {
  const stateful = units.filter(({ unit }) => isStateful(spec, unit));
  const without = stateful.filter(({ home }) => home === "");
  const idle = without.filter((record) => !mayMakeData(record));
  return {
    kept: stateful.filter(({ home }) => home !== ""),
    unreported: without.filter(mayMakeData),
    unsettled: idle.filter(({ unit }) => unsettled(unit) !== ""),
    lost: idle.filter(({ dataLost }) => dataLost !== undefined),
  };
}

/**
 * The records of the units that begin anew together, without the notes of their losses; none while one of the workload has data, or may
 * have some. For kinds whose units begin anew by themselves (`UnitRules.withoutData`).
 */
export function beginningWithoutData(
  workload: Pick<WorkloadRecord, "spec">,
  units: readonly UnitRecord[],
  unsettledOf: Unsettled,
): readonly UnitRecord[] {
  // Nearly always so, and asked for all the time.
  if (units.every(({ dataLost }) => dataLost === undefined)) return [];
  const { kept, unreported, unsettled, lost } = dataOutlook(workload, units, unsettledOf);
  if (kept.length > 0 || unreported.length > 0 || unsettled.length > 0) return [];
  return lost.map(({ dataLost: _, ...record }) => record);
}

/**
 * Why it is not yet decided whether the stateful units begin anew, so that none of them is launched now; "" when it is: nothing is lost,
 * or one of them has data.
 */
export function undecidedBeginning(
  workload: Pick<WorkloadRecord, "spec">,
  units: readonly UnitRecord[],
  unsettledOf: Unsettled,
): string {
  if (units.every(({ dataLost }) => dataLost === undefined)) return "";
  const { kept, unreported, unsettled, lost } = dataOutlook(workload, units, unsettledOf);
  if (kept.length > 0 || lost.length === 0) return "";
  const gone = lost.map(({ unit, dataLost }) => `${unit} on ${dataLost?.hostname ?? ""}`).join(" and ");
  const words = `data is lost with agents that were marked gone (${gone}), and all of its kind begin anew together if none has any`;
  const launched = unreported.flatMap((record) =>
    launchesOf(record).map(({ hostname }) => `${record.unit} on ${hostname}`),
  );
  const awaited = [
    ...(launched.length === 0 ? [] : [`${launched.join(" and ")} has not reported yet, and may have some`]),
    ...unsettled.map(({ unit }) => `${unit} may run already, and have some: ${unsettledOf(unit)}`),
  ];
  return awaited.length === 0 ? words : `${words}: ${awaited.join("; ")}`;
}
