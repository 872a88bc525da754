// What a clone is made of (`from`), and why one cannot be made now. Pure.
import { isPlainObject } from "../../workload/body/body-fields.ts";
import { Findings } from "../../workload/body/findings.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { cloneSource } from "../body/vm-body.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { movePlanOf } from "../migration/move-plan.ts";
import { copiedDisks } from "./clone-body.ts";
import { isUncopied } from "./copies-under-way.ts";

export interface CloneSource {
  readonly vm: string;
  /** "": its disks as they are. */
  readonly snapshot: string;
}

/** Undefined for a body that asks for no clone. Throws SpecInvalidError (400). */
export function readFrom(input: unknown): CloneSource | undefined {
  if (!isPlainObject(input) || input.from === undefined || input.from === null) return undefined;
  const found = new Findings();
  const from = found.parse(cloneSource, input.from, "from");
  if (from === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const [vm = "", snapshot = ""] = from.split("@");
  return { vm, snapshot };
}

/** True when nothing of it runs, and nothing will before it is started. */
export function isAtRest({ spec }: VmRecord, { launch, superseded, mayRunOn, finishedAtMs }: UnitRecord): boolean {
  const ended = launch === undefined && superseded.length === 0 && mayRunOn === undefined;
  return ended && (spec.expect !== "RUN" || finishedAtMs !== undefined);
}

/** True when it has no disks on any host yet: a clone is then made of its images, as itself. */
export const isUnmade = ({ home, launch, superseded, dataLost }: UnitRecord): boolean =>
  home === "" && launch === undefined && superseded.length === 0 && dataLost === undefined;

/** Why no clone can be made of it now, to follow its name; undefined when one can. */
export function cloneProblem(source: VmRecord, record: UnitRecord, snapshot: string): string | undefined {
  if (movePlanOf(source) !== undefined) return "is being moved to another host: clone it after that";
  if (isUnmade(record) || copiedDisks(source.spec).length === 0) return undefined;
  if (record.dataLost !== undefined) return `has lost its disks with host ${record.dataLost.hostname}`;
  if (isUncopied(source, record))
    return "is a clone itself, whose disks are not copied yet: clone it when it has started";
  if (record.home === "") return "is being launched for the first time: clone it when it runs, from a snapshot";
  if (snapshot !== "" || isAtRest(source, record)) return undefined;
  return `runs, so that its disks change while they are copied: make a snapshot (POST …/snapshots) and clone that (from: "${source.spec.name}@<snapshot>"), or stop it first`;
}
