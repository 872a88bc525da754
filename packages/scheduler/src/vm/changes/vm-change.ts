// From the body of a PATCH or a PUT of a VM to its next specification, or to all problems at once: by the same shapes and checks as in the
// body of a new one. Pure.
import { z } from "zod";
import { isPlainObject, underFirstNames } from "../../workload/body/body-fields.ts";
import { Findings } from "../../workload/body/findings.ts";
import { SpecInvalidError, type SpecProblem } from "../../workload/body/spec-invalid-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { vmAliases, wholeVm } from "../body/body-objects.ts";
import type { VmContext } from "../body/vm-checks.ts";
import { type ReadVm, readVm } from "../body/vm-reader.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import { fromText, vmJson } from "../rendering/vm-json.ts";
import { snapshotsAfter } from "../snapshots/known-snapshots.ts";
import { keptDisksAfter, keptProblems, keptWords } from "./kept-disks.ts";
import { mergedFields } from "./merged-fields.ts";
import { nextSeed } from "./next-seed.ts";

/** What a client may ask for beside the fields of a body: how the VM is to be. */
export const askedStates = ["running", "stopped", "paused"] as const;
export type AskedState = (typeof askedStates)[number];
const askedState = z.enum(askedStates, askedStates.map((one) => JSON.stringify(one)).join(", ")).optional();

export interface VmChange {
  readonly spec: VmSpec;
  /** All that the VM has from now on. Absent: they stay. */
  readonly secrets?: ReadonlyMap<string, string> | undefined;
  readonly state?: AskedState | undefined;
  /** Fields of bodies that differ. */
  readonly changed: readonly string[];
  /** Of what becomes of disks that it takes out, in words; "" when it takes out none. */
  readonly kept: string;
  readonly ignored: ReadVm["ignored"];
}

/** The VM as it is. */
export interface PresentVm {
  readonly spec: VmSpec;
  readonly record: UnitRecord;
  readonly secrets: ReadonlyMap<string, string>;
}

type Fields = Readonly<Record<string, unknown>>;

/** What cannot be for a VM that is there. */
function* presentProblems(before: VmSpec, after: VmSpec, record: UnitRecord): Generator<SpecProblem> {
  const system = before.disks.find(({ role }) => role === "system");
  if (system !== undefined && !after.disks.some(({ name }) => name === system.name))
    yield {
      path: "disk",
      message: `the system disk "${system.name}" stays, for the VM was made with it: name it too, or make another VM`,
    };
  if (after.name !== before.name) yield { path: "name", message: `a VM keeps its name, "${before.name}"` };
  if (after.id !== before.id) yield { path: "id", message: `a VM keeps its id, "${before.id}"` };
  for (const disk of after.disks) {
    const present = before.disks.find(({ name }) => name === disk.name);
    if (present === undefined) continue;
    const path = `disk ${disk.name}`;
    if (disk.role !== present.role)
      yield { path, message: `it is a ${present.role} disk, and stays one: give the other one another name` };
    if (disk.sizeMib < present.sizeMib)
      yield { path, message: `a disk is never made smaller: it has ${present.sizeMib} MiB` };
    if (disk.role !== "cdrom" && disk.path !== present.path)
      yield { path, message: "a disk stays where it is: add another one under another name" };
    if (disk.role !== "cdrom" && JSON.stringify(disk.image) !== JSON.stringify(present.image))
      yield {
        path,
        message: "it was made of its image already: add another disk under another name, or make another VM",
      };
    if (disk.format !== present.format) yield { path, message: `it has the format ${present.format}, which stays` };
  }
  const [unit] = after.units;
  const { home } = record;
  if (
    unit.stateful &&
    home !== "" &&
    unit.host !== "*" &&
    unit.host !== before.units[0].host &&
    unit.host.toLowerCase() !== home.toLowerCase()
  )
    yield { path: "host", message: `its disks are on ${home}: POST …/migrate moves it` };
}

/** A disk that was removed is no copy any more, also when another one gets its name. */
function originAfter({ origin }: VmSpec, { disks }: VmSpec): Pick<VmSpec, "origin"> {
  if (origin === undefined) return {};
  const names = new Set(disks.map(({ name }) => name));
  return { origin: { ...origin, disks: origin.disks.filter(({ name }) => names.has(name)) } };
}

function* originProblems(before: VmSpec, from: unknown): Generator<SpecProblem> {
  if (from === undefined || from === null || from === fromText(before)) return;
  yield { path: "from", message: "a VM keeps what it was made of: make another clone (POST /vm/v1/vms)" };
}

/** Fields of bodies whose values differ, as `…/json` prints them. */
function differing(before: VmSpec, after: VmSpec): readonly string[] {
  const [left, right] = [vmJson(before), vmJson(after)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]),
  );
}

/** The body that is read: the whole VM, without what a new one does not say by null. */
function wholeBody(given: Fields, whole: boolean, before: VmSpec): Fields {
  const base = whole ? { name: before.name, ...(before.id === "" ? {} : { id: before.id }) } : vmJson(before);
  const body = mergedFields(base, given);
  const { cloudInit } = body;
  if (!isPlainObject(cloudInit)) return body;
  return { ...body, cloudInit: Object.fromEntries(Object.entries(cloudInit).filter(([, value]) => value !== null)) };
}

/** `whole`: the body is all of the VM (PUT), else what it does not name stays (PATCH). Throws SpecInvalidError (400, 422). */
export function readVmChange(input: unknown, whole: boolean, present: PresentVm, context: VmContext): VmChange {
  const { spec: before, record } = present;
  const found = new Findings();
  const fields = found.object(input, "");
  const { state: stateField, ...rest } = fields ?? {};
  const state = found.parse(askedState, stateField, "state");
  if (fields === undefined || found.problems.length > 0)
    throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const named = underFirstNames(wholeVm, rest, vmAliases);
  const given = isPlainObject(named) ? named : {};
  const presentSources = new Set([
    ...before.disks.flatMap(({ image, path }) => [image?.source ?? "", path].filter((one) => one !== "")),
    before.boot.kernel,
    before.boot.initrd,
  ]);
  const copied = new Set(before.origin?.disks.map(({ name }) => name));
  // Fields without effect are told as they were given; the other names of fields are no problem of the present ones.
  const {
    spec: read,
    secrets,
    ignored,
  } = readVm(
    wholeBody(given, whole, before),
    {
      ...context,
      // It stands in its own way under no name.
      existing: context.existing.filter(({ name }) => name !== before.name),
      ...{ before, sizes: before, presentSources, copied },
    },
    record.instance,
  );
  const seeds =
    !whole && given.cloudInit === undefined
      ? { seed: before.seed, secrets: undefined, secretsVersion: before.secretsVersion }
      : nextSeed(read.seed, secrets, given.cloudInit, present);
  const { seed: _seed, ...withoutSeed } = read;
  const spec: VmSpec = {
    ...withoutSeed,
    ...(seeds.seed === undefined ? {} : { seed: seeds.seed }),
    // Also of one that has finished: nothing starts a template.
    expect: read.template ? "STOP" : before.expect,
    paused: before.paused,
    uuid: before.uuid,
    firstInstance: before.firstInstance,
    staysForMs: before.staysForMs,
    snapshots: snapshotsAfter(before, read),
    secretsVersion: seeds.secretsVersion,
    ...originAfter(before, read),
    ...keptDisksAfter(before, read, record),
  };
  const problems = [
    ...presentProblems(before, spec, record),
    ...keptProblems(before, spec, record, given.disk),
    ...originProblems(before, given.from),
  ];
  if (problems.length > 0) throw new SpecInvalidError(problems, 422);
  const isReseeded = spec.seed?.secretsVersion !== before.seed?.secretsVersion;
  const kept = keptWords(before, spec, record);
  const changed = [...new Set([...differing(before, spec), ...(isReseeded ? ["cloudInit"] : [])])];
  return { spec, ...(seeds.secrets === undefined ? {} : { secrets: seeds.secrets }), state, changed, kept, ignored };
}
