// Ids of executors and tasks in Mesos: `cke[-<kind>].<workload>.<unit>.<incarnation>[.<process>[.<attempt>]]`. Names of
// workloads, units and processes contain no dots, so that an id can be parsed. No id is ever used twice.
import { randomBytes } from "node:crypto";
import { idPrefix, kindOfIdMark, type UnitIdentity } from "./identity.ts";

/** Stands for the unit's own task in place of a process. */
const unitPart = "node";

/** Sortable by time of creation. The random half makes two ids of one millisecond differ. */
export function newIncarnation(now: number, random: () => string = () => randomBytes(4).toString("hex")): string {
  return `${now.toString(36).padStart(9, "0")}${random()}`;
}

export function executorIdOf(unit: UnitIdentity, incarnation: string): string {
  return `${idPrefix(unit)}.${incarnation}`;
}

/**
 * `process` "" is the unit's own task. Attempt 1 has no suffix; a process that is launched again alone gets `.2`, `.3`,
 * …
 */
export function taskIdOf(executorId: string, process: string, attempt = 1): string {
  // A process may have the name of the unit's own task; then its id says that it is a process.
  const part = process === "" ? unitPart : process === unitPart ? `${unitPart}.process` : process;
  return attempt === 1 ? `${executorId}.${part}` : `${executorId}.${part}.${attempt}`;
}

/** The incarnation in an executor's id. */
export const incarnationOf = (executorId: string) => executorId.split(".").at(-1) ?? "";

/** True when the first incarnation was made after the second. */
export function isLater(incarnation: string, than: string): boolean {
  return incarnation.length === than.length ? incarnation > than : incarnation.length > than.length;
}

export interface ParsedTaskId extends UnitIdentity {
  readonly executorId: string;
}

/** undefined when the id is not one of CKE's. */
export function parseTaskId(taskId: string): ParsedTaskId | undefined {
  const match = /^((cke[^.]*)\.([^.]+)\.([^.]+)\.[^.]+)\..+$/.exec(taskId);
  if (match === null) return undefined;
  const [, executorId = "", mark = "", workload = "", unit = ""] = match;
  const kind = kindOfIdMark(mark);
  return kind === undefined ? undefined : { kind, workload, unit, executorId };
}
