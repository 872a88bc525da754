// `POST /vm/v1/vms`: checks the body, and stores the VM. A clone (`from`) is stored with what it is copied from; its executor copies.
import type { Clock } from "@cke/foundation";
import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import { createWorkload } from "../../framework/service/workload-lifecycle.ts";
import { isPlainObject, underFirstNames } from "../../workload/body/body-fields.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { NameTakenError } from "../../workload/kinds/kinds.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { vmAliases, wholeVm } from "../body/body-objects.ts";
import { SnapshotNotFoundError, VmDeletingError, VmExistsError, VmStateError } from "../body/vm-errors.ts";
import { type ReadVm, readVm } from "../body/vm-reader.ts";
import { isVm, knownVm, type VmRecord, vmKind } from "../body/vm-record.ts";
import { type VmSpec, vmUnit } from "../body/vm-spec.ts";
import { cloneBody, cloneSpecProblems, copiedDisks, originOf } from "../cloning/clone-body.ts";
import { type CloneSource, cloneProblem, isUnmade, readFrom } from "../cloning/clone-request.ts";
import { fromText } from "../rendering/vm-json.ts";
import { checkSnapshotName, firstSnapshots } from "../snapshots/known-snapshots.ts";
import type { CreatedVm } from "../views/vm-service.ts";
import type { VmKind } from "../vm-kind.ts";
import { vmContext } from "./vm-context.ts";

export interface VmCreatingParts {
  readonly framework: Framework;
  readonly kind: VmKind;
  readonly options: Pick<FrameworkOptions, "roles">;
  readonly clock: Clock;
  /** Makes a unique, sortable id for an instance of a VM. */
  readonly incarnation: (now: number) => string;
  /** Names of the snapshots of a VM that runs, as its executor has them. */
  readonly snapshots: (vm: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** How long an executor is asked for its snapshots before a clone is made. */
const askMs = 15_000;

interface NewVm extends Pick<ReadVm, "spec" | "secrets"> {
  readonly warnings: readonly string[];
  /** The host that has what it is copied from; "": it begins anywhere. */
  readonly home: string;
}

/** Throws SpecInvalidError (400, 422), VmNotFoundError and SnapshotNotFoundError (404), VmExistsError and VmStateError (409). */
export async function createVm(parts: VmCreatingParts, body: unknown): Promise<CreatedVm> {
  const from = readFrom(body);
  if (from !== undefined && from.snapshot !== "") await checkSnapshot(parts, from);
  return await parts.framework.change(async () => {
    const { clock, incarnation, kind, framework } = parts;
    const { ledger, logs, kinds } = framework.parts;
    const now = clock.now();
    const instance = incarnation(now);
    const { spec, secrets, warnings, home } =
      from === undefined ? plainVm(parts, body, instance) : clonedVm(parts, body, from, instance);
    const { name } = spec;
    const other = ledger.workload(name);
    if (other !== undefined && !isVm(other))
      throw new NameTakenError(name, kinds.of(other).rules.words.workload, other.deleting);
    if (other !== undefined) throw new VmExistsError(name, other.deleting ? "is still being deleted" : undefined);
    const fresh = { ...spec, snapshots: firstSnapshots(spec) };
    const vm: VmRecord = { kind: vmKind, spec: fresh, createdAtMs: now, deleting: false };
    await createWorkload(framework.parts, vm, instance, kind.secretsVault.putOperations(name, secrets), home);
    const origin = fromText(spec);
    const made = origin === "" ? "" : ` as a clone of ${origin}, whose disks are copied on ${home}`;
    logs.line("info", name, `created with ${spec.cpus} CPUs, ${spec.mem} MiB and ${spec.disks.length} disks${made}`);
    for (const words of warnings) logs.line("warning", name, words);
    return { name, warnings };
  });
}

function plainVm(parts: VmCreatingParts, body: unknown, instance: string): NewVm {
  const { spec, secrets, ignored } = readVm(body, vmContext(parts.framework.parts, parts), instance);
  return { spec, secrets, warnings: ignoredFieldsMessage(ignored), home: "" };
}

const unstartedTemplate = {
  path: "template",
  message:
    'the disks of a clone are copied when it starts, and a template never does: make the clone, stop it when it has started, then PATCH {"template": true}',
};

function clonedVm(parts: VmCreatingParts, body: unknown, { vm, snapshot }: CloneSource, instance: string): NewVm {
  const { ledger } = parts.framework.parts;
  const source = knownVm(ledger, vm);
  if (source.deleting) throw new VmDeletingError(vm);
  const record = ledger.unit(vm, vmUnit) ?? newUnitRecord(vm, vmUnit, "");
  const problem = cloneProblem(source, record, snapshot);
  if (problem !== undefined) throw new VmStateError(vm, problem);
  const { home } = record;
  const copies = !isUnmade(record) && copiedDisks(source.spec).length > 0;
  const named = underFirstNames(wholeVm, body, vmAliases);
  const clone = cloneBody(source.spec, isPlainObject(named) ? named : {}, copies);
  const context = {
    ...vmContext(parts.framework.parts, parts),
    sizes: source.spec,
    presentSources: sourcesOf(source.spec),
    copied: new Set(copies ? copiedDisks(source.spec).map(({ name }) => name) : []),
  };
  const read = readVm(clone.body, context, instance);
  const problems = copies ? [...cloneSpecProblems(read.spec, source.spec, home)] : [];
  if (problems.length > 0) throw new SpecInvalidError(problems, 422);
  const origin = copies ? originOf(read.spec, source.spec, record.instance, snapshot) : undefined;
  if (origin !== undefined && read.spec.template) throw new SpecInvalidError([unstartedTemplate], 422);
  return {
    spec: origin === undefined ? read.spec : { ...read.spec, origin },
    secrets: read.secrets,
    warnings: [...clone.warnings, ...ignoredFieldsMessage(read.ignored)],
    home: origin === undefined ? "" : home,
  };
}

/** Images that the source has may be had by its clone. */
function sourcesOf({ disks, boot }: VmSpec): ReadonlySet<string> {
  return new Set([...disks.flatMap(({ image }) => image?.source ?? []), boot.kernel, boot.initrd]);
}

/** One that rests has no executor. Where its snapshots are not known, that of the clone looks into the disks. */
async function checkSnapshot({ framework, snapshots }: VmCreatingParts, { vm, snapshot }: CloneSource): Promise<void> {
  const { ledger } = framework.parts;
  const { spec } = knownVm(ledger, vm);
  const record = ledger.unit(vm, vmUnit) ?? newUnitRecord(vm, vmUnit, "");
  if (isUnmade(record)) throw new SnapshotNotFoundError(vm, snapshot, "it has none, for it never ran");
  const runs = record.launch !== undefined && isReady(record);
  const names = runs ? await snapshots(vm, AbortSignal.timeout(askMs)) : spec.snapshots;
  if (names !== undefined) checkSnapshotName(vm, snapshot, names);
}
