// The part of a specification that all kinds of workloads have. Placement, steps and reservations read it. The other
// fields of a kind are read by that kind only.
import { z } from "zod";

export const expectationSchema = z.enum(["RUN", "STOP", "FINISHED"]);
/** Whether it is to run, to stop and keep its data, or to be gone. */
export type Expectation = z.infer<typeof expectationSchema>;

/** Absent: has this value. LIKE and UNLIKE: matches the pattern, or does not (`*`, `?`, alternatives by `|`). */
export const attributeConstraintSchema = z.object({
  name: z.string(),
  value: z.string(),
  operator: z.exactOptional(z.enum(["LIKE", "UNLIKE"])),
});
/** A condition for agents. */
export type AttributeConstraint = Readonly<z.infer<typeof attributeConstraintSchema>>;

/** When a unit is launched again whose task has ended by itself: always, after a failure, or never. */
export const relaunchSchema = z.enum(["always", "on-failure", "never"]);
export type Relaunch = z.infer<typeof relaunchSchema>;

/** Units of one group, of any workloads of the kind, that are not to be together. */
const apartSchema = z.object({
  group: z.string(),
  /** "host": on one agent; else the name of an attribute, of which no two of their agents may have one value. */
  by: z.string(),
});
export type Apart = Readonly<z.infer<typeof apartSchema>>;

export const unitSpecShape = {
  name: z.string(),
  /** Agent hostname or address; "*" is any. */
  host: z.string(),
  /** Hostname of an agent where it is not placed. Absent: none. */
  notOn: z.string().optional(),
  attributes: z.array(attributeConstraintSchema),
  reservation: z.boolean(),
  /** Its tasks are launched as one Mesos task group: all or none, and they end together. */
  pod: z.boolean().default(false),
  expect: expectationSchema,
  /** Absent: always. */
  relaunch: relaunchSchema.optional(),
  /** Absent: it may be beside any other. */
  apart: apartSchema.optional(),
};

export const workloadSpecShape = {
  name: z.string(),
  attributes: z.array(attributeConstraintSchema),
  /** Mesos role whose offers are used; "" for any of the framework's. */
  role: z.string().default(""),
  expect: expectationSchema,
};

const unitSpec = z.looseObject({
  ...unitSpecShape,
  stateful: z.boolean().default(false),
  late: z.boolean().optional(),
});

/** The part that every kind has. Fields of the kind stay as they are. */
export const workloadSpecSchema = z.looseObject({ ...workloadSpecShape, units: z.array(unitSpec) });

export interface UnitSpec {
  readonly name: string;
  readonly host: string;
  readonly notOn?: string | undefined;
  readonly attributes: readonly AttributeConstraint[];
  readonly reservation: boolean;
  readonly pod: boolean;
  readonly expect: Expectation;
  /**
   * Its data belongs to its workload: it is launched where its data is, and never begun anew elsewhere while its agent
   * may come back.
   */
  readonly stateful: boolean;
  /**
   * It came to a workload that ran already: it is placed alone, and nothing of the workload waits for it. Only of stateful
   * units.
   */
  readonly late?: boolean | undefined;
  readonly relaunch?: Relaunch | undefined;
  readonly apart?: Apart | undefined;
}

/** True for a unit whose data belongs to its workload. */
export function isStateful(workload: WorkloadSpec, unit: string): boolean {
  return workload.units.find(({ name }) => name === unit)?.stateful === true;
}

/** True for a unit that may run on one host only: its data is there, or it may still run there without an executor. */
export function isTied(
  workload: WorkloadSpec,
  { unit, mayRunOn }: { readonly unit: string; readonly mayRunOn?: string | undefined },
): boolean {
  return mayRunOn !== undefined || isStateful(workload, unit);
}

/** What follows when the task of the unit has ended by itself. */
export function relaunchOf(workload: WorkloadSpec, unit: string): Relaunch {
  return workload.units.find(({ name }) => name === unit)?.relaunch ?? "always";
}

export interface WorkloadSpec {
  readonly name: string;
  readonly units: readonly UnitSpec[];
  readonly attributes: readonly AttributeConstraint[];
  readonly role: string;
  readonly expect: Expectation;
}
