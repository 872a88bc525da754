// Carries out a request to start or stop: workload/plans/expectation decides the change, this file stores it and
// writes it to the workload's log.
import {
  type AskedExpectation,
  type ExpectationChange,
  expectUnit,
  expectWorkload,
  isToBeReplaced,
} from "../../workload/plans/expectation.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import type { ChangeParts } from "./plan-change.ts";

/** Makes the change and returns what happens now. Throws PartNotFoundError or PlanRefusedError. */
export async function changeExpectation(
  { ledger, logs, clock, kinds }: Pick<ChangeParts, "ledger" | "logs" | "clock" | "kinds">,
  workload: WorkloadRecord,
  unit: string | undefined,
  expect: AskedExpectation,
  by: string,
): Promise<string> {
  const { spec } = workload;
  const { rules, undone = new Map<string, string>() } = kinds.of(workload);
  const { words: kindWords } = rules;
  const names = spec.units.map(({ name }) => name);
  if (unit !== undefined && !names.includes(unit))
    throw new PartNotFoundError(kindWords.unit, `${kindWords.workload} "${spec.name}"`, unit, names);
  const present = { workload, units: ledger.units(spec.name) };
  const now = clock.now();
  const stopStages = kinds.of(workload).stopStages(workload);
  const change =
    unit === undefined
      ? expectWorkload(present, expect, { now, by, stopStages, undoing: new Set(undone.keys()) }, kindWords)
      : expectUnit(present, unit, expect, now, kindWords);
  const what = unit === undefined ? `${kindWords.workload} "${spec.name}"` : `${kindWords.unit} "${unit}"`;
  if (change === undefined) return `${what} is to ${expect === "RUN" ? "run" : "stop"} already`;
  await ledger.commit({ workload: change.workload, units: change.units });
  const isOrdered = unit === undefined && stopStages.length > 1;
  const order = isOrdered ? `: ${stopStages.map(({ name }) => name).join(" first, then ")}` : "";
  const { stay = [] } = change;
  const given =
    stay.length === 0 ? "" : `; the replacement of ${stay.join(", ")} is given up: ask for it again after a start`;
  const words =
    expect === "RUN"
      ? `${what} is started: ${(unit === undefined ? "" : withoutData(present, unit)) || `with the ${kindWords.keeps} that it has`}`
      : `${what} is stopped${order}; its ${kindWords.keeps} stay${given}`;
  logs.line(
    "info",
    spec.name,
    `${words}${by === "" ? "" : ` (asked for by ${by})`}`,
    unit === undefined ? {} : { unit },
  );
  return words;
}

/** How a unit begins of which no data is there; "" for one that has data. */
function withoutData({ workload, units }: ExpectationChange, unit: string): string {
  if (isToBeReplaced(workload, unit)) return "its replacement goes on, and another instance begins without data";
  const record = units.find((one) => one.unit === unit);
  return record?.launch === undefined && (record?.home ?? "") === "" ? "it begins without data, for it has none" : "";
}
