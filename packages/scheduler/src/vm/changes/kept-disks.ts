// Disks that were taken out of a VM: what CKE has made stays on its host with its content, and goes with the VM. A disk of the same name takes
// it up again, so that is done only for who names it. Pure.
import { isPlainObject } from "../../workload/body/body-fields.ts";
import type { SpecProblem } from "../../workload/body/spec-invalid-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { DiskSpec, KeptDisk, VmSpec } from "../body/vm-spec.ts";

type Owner = Pick<VmSpec, "uuid" | "disks" | "keptDisks">;

/** Of this instance, on the host that it has now: a move takes along only what the VM has. */
const keptOf = ({ uuid, keptDisks = [] }: Owner, { home }: Pick<UnitRecord, "home">): readonly KeptDisk[] =>
  home === "" ? [] : keptDisks.filter((one) => one.uuid === uuid && one.host === home);

/** What the VM has taken out from now on. */
export function keptDisksAfter(
  before: Owner,
  { disks }: Pick<VmSpec, "disks">,
  record: Pick<UnitRecord, "home">,
): Pick<VmSpec, "keptDisks"> {
  const names = new Set(disks.map(({ name }) => name));
  const { uuid } = before;
  const host = record.home;
  const out = takenOut(before, disks).map(({ name, sizeMib, format }) => ({ name, sizeMib, format, uuid, host }));
  const kept = [...keptOf(before, record), ...(host === "" ? [] : out)].filter(({ name }) => !names.has(name));
  return kept.length === 0 ? {} : { keptDisks: kept };
}

function takenOut({ disks: before }: Owner, disks: readonly DiskSpec[]): readonly DiskSpec[] {
  const names = new Set(disks.map(({ name }) => name));
  return before.filter(({ name, path, role }) => !names.has(name) && path === "" && role !== "cdrom");
}

/** What the change takes out, in words; "" when that is nothing. */
export function keptWords(before: Owner, { disks }: Pick<VmSpec, "disks">, { home }: Pick<UnitRecord, "home">): string {
  const names = takenOut(before, disks).map(({ name }) => name);
  if (names.length === 0 || home === "") return "";
  return `what was taken out (${names.join(", ")}) is kept on ${home} with its content, as long as the VM is there`;
}

/** `given`: the disks of the body, as they were given. */
export function* keptProblems(
  before: Owner,
  { disks }: Pick<VmSpec, "disks">,
  record: Pick<UnitRecord, "home">,
  given: unknown,
): Generator<SpecProblem> {
  for (const kept of keptOf(before, record)) {
    const disk = disks.find(({ name, path, role }) => name === kept.name && path === "" && role !== "cdrom");
    if (disk === undefined || before.disks.some(({ name }) => name === kept.name)) continue;
    const { name, sizeMib, format } = kept;
    const what = `a disk "${name}" was taken out of this VM, and is kept on ${kept.host} with its content`;
    const again = disk.image === undefined && disk.sizeMib === sizeMib && disk.format === format;
    if (isNamed(given, name) && again) continue;
    // One that was as large as its image said no size.
    const size = `"size": ${sizeMib}, "format": "${format}"`;
    const remedy = sizeMib === 0 ? "" : `; to have that one again say {"name": "${name}", ${size}}, without an image`;
    yield { path: `disk ${name}`, message: `${what}: give a new one another name${remedy}` };
  }
}

/** True when the body names the disk itself, and not only its place. */
function isNamed(given: unknown, name: string): boolean {
  if (Array.isArray(given)) return given.some((one) => isNamed(one, name));
  return isPlainObject(given) && (given.name === name || Object.values(given).some((one) => isNamed(one, name)));
}
