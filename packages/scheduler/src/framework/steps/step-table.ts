// The type of the table of step executors: each kind of step has one function, and a kind without one does not compile.
// Functions that change a record are apart from those that act: changes of many workloads are stored together, and then
// the steps are decided anew before anything acts.
import type { WorkloadStep } from "../../workload/plans/workload-steps.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { Step } from "../../workload/steps/step.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";

type StepKind = Step["kind"];
type StepOf<Kind extends StepKind> = Extract<Step, { readonly kind: Kind }>;

/** A unit whose steps are carried out, and its workload. */
export interface UnitInHand {
  readonly workload: WorkloadRecord;
  readonly record: UnitRecord;
}

/** A changed record: it is stored together with others, then `stored` is called. */
export interface RecordChange {
  readonly record: UnitRecord;
  /** Called once the record is stored. */
  readonly stored?: (() => void) | undefined;
}

/** Changes the unit's record and nothing else. What must be stored before the record is stored here. */
export interface ChangesRecord<Kind extends StepKind> {
  readonly changes: (unit: UnitInHand, step: StepOf<Kind>) => RecordChange | Promise<RecordChange>;
}

/** Acts outside of the records, or returns a placement request. */
export interface Acts<Kind extends StepKind> {
  readonly acts: (
    unit: UnitInHand,
    step: StepOf<Kind>,
  ) => PlacementRequest | undefined | Promise<PlacementRequest | undefined>;
}

export type StepExecutor<Kind extends StepKind> = ChangesRecord<Kind> | Acts<Kind>;

type WorkloadStepKind = WorkloadStep["kind"];
type WorkloadStepOf<Kind extends WorkloadStepKind> = Extract<WorkloadStep, { readonly kind: Kind }>;

/** The result for a workload: a changed record, the same record, or it is gone. */
export type WorkloadOutcome = "changed" | "unchanged" | "gone";

/** Carries out a step of a whole workload and stores the result. */
export type WorkloadExecutor<Kind extends WorkloadStepKind> = (
  workload: WorkloadRecord,
  step: WorkloadStepOf<Kind>,
) => Promise<WorkloadOutcome>;

/** Every kind of step, of units and of workloads. */
export type StepTable = { readonly [Kind in StepKind]: StepExecutor<Kind> } & {
  readonly [Kind in WorkloadStepKind]: WorkloadExecutor<Kind>;
};

/** Carries out a step of a whole workload. */
export async function carryOut<Kind extends WorkloadStepKind>(
  table: { readonly [K in Kind]: WorkloadExecutor<K> },
  workload: WorkloadRecord,
  step: WorkloadStepOf<Kind> & { readonly kind: Kind },
): Promise<WorkloadOutcome> {
  return await table[step.kind](workload, step);
}

/** True for a step that changes the unit's record. */
export function changesRecord(table: StepTable, { kind }: Step): boolean {
  return "changes" in table[kind];
}

/** Carries out a step that changes the record; undefined for one that acts. */
export async function changeOf<Kind extends StepKind>(
  table: { readonly [K in Kind]: StepExecutor<K> },
  unit: UnitInHand,
  step: StepOf<Kind> & { readonly kind: Kind },
): Promise<RecordChange | undefined> {
  const executor: StepExecutor<Kind> = table[step.kind];
  return "changes" in executor ? await executor.changes(unit, step) : undefined;
}

/** Carries out a step that acts. Returns its placement request, if there is one. */
export async function act<Kind extends StepKind>(
  table: { readonly [K in Kind]: StepExecutor<K> },
  unit: UnitInHand,
  step: StepOf<Kind> & { readonly kind: Kind },
): Promise<PlacementRequest | undefined> {
  const executor: StepExecutor<Kind> = table[step.kind];
  return "acts" in executor ? await executor.acts(unit, step) : undefined;
}
