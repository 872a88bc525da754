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

export const unitSpecShape = {
  name: z.string(),
  /** Agent hostname or address; "*" is any. */
  host: z.string(),
  attributes: z.array(attributeConstraintSchema),
  reservation: z.boolean(),
  /** Its tasks are launched as one Mesos task group: all or none, and they end together. */
  pod: z.boolean().default(false),
  expect: expectationSchema,
};

export const workloadSpecShape = {
  name: z.string(),
  attributes: z.array(attributeConstraintSchema),
  /** Mesos role whose offers are used; "" for any of the framework's. */
  role: z.string().default(""),
  expect: expectationSchema,
};

const unitSpec = z.looseObject({ ...unitSpecShape, stateful: z.boolean().default(false) });

/** The part that every kind has. Fields of the kind stay as they are. */
export const workloadSpecSchema = z.looseObject({ ...workloadSpecShape, units: z.array(unitSpec) });

export interface UnitSpec {
  readonly name: string;
  readonly host: string;
  readonly attributes: readonly AttributeConstraint[];
  readonly reservation: boolean;
  readonly pod: boolean;
  readonly expect: Expectation;
  /**
   * Its data belongs to its workload: it is launched where its data is, and never begun anew elsewhere while its agent
   * may come back.
   */
  readonly stateful: boolean;
}

/** True for a unit whose data belongs to its workload. */
export function isStateful(workload: WorkloadSpec, unit: string): boolean {
  return workload.units.find(({ name }) => name === unit)?.stateful === true;
}

export interface WorkloadSpec {
  readonly name: string;
  readonly units: readonly UnitSpec[];
  readonly attributes: readonly AttributeConstraint[];
  readonly role: string;
  readonly expect: Expectation;
}
