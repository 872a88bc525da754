// What every kind of workload says of itself: the part of a specification that placement, steps and reservations read. A kind
// has fields of its own beside these, which nobody else looks at.
import { z } from "zod";

export const expectationSchema = z.enum(["RUN", "STOP", "FINISHED"]);
/** What is wanted: that it runs, that it stops and keeps its data, or that it is over. */
export type Expectation = z.infer<typeof expectationSchema>;

/** Absent: has this value. LIKE and UNLIKE: matches the pattern, or does not (`*`, `?`, alternatives by `|`). */
export const attributeConstraintSchema = z.object({
  name: z.string(),
  value: z.string(),
  operator: z.exactOptional(z.enum(["LIKE", "UNLIKE"])),
});
/** What an agent must be like. */
export type AttributeConstraint = Readonly<z.infer<typeof attributeConstraintSchema>>;

export const unitSpecShape = {
  name: z.string(),
  /** Agent hostname or address; "*" is any. */
  host: z.string(),
  attributes: z.array(attributeConstraintSchema),
  reservation: z.boolean(),
  /** Its tasks are launched as one Mesos task group: all or nothing, and they end together. */
  pod: z.boolean().default(false),
  expect: expectationSchema,
};

export const workloadSpecShape = {
  name: z.string(),
  attributes: z.array(attributeConstraintSchema),
  /** Mesos role whose offers it is launched on; "" for any of the framework's. */
  role: z.string().default(""),
  expect: expectationSchema,
};

const unitSpec = z.looseObject({ ...unitSpecShape, stateful: z.boolean().default(false) });

/** The part that every kind has; what is a kind's own is kept as it is. */
export const workloadSpecSchema = z.looseObject({ ...workloadSpecShape, units: z.array(unitSpec) });

export interface UnitSpec {
  readonly name: string;
  readonly host: string;
  readonly attributes: readonly AttributeConstraint[];
  readonly reservation: boolean;
  readonly pod: boolean;
  readonly expect: Expectation;
  /** Its data is its workload's: it goes where that is, and is never begun anew elsewhere while its agent may return. */
  readonly stateful: boolean;
}

/** True for a unit whose data is its workload's. */
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
