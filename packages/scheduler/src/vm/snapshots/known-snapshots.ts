// The names of a VM's snapshots, as its executor told them last. They lie in the disks, where only an executor sees them: of a VM that
// is stopped this is what is known.
import type { Framework } from "../../framework/loop/framework.ts";
import { SnapshotNotFoundError } from "../body/vm-errors.ts";
import { isVm, type VmRecord } from "../body/vm-record.ts";
import type { VmSpec } from "../body/vm-spec.ts";

/** Of an instance that begins: none, unless a disk with a path of its own has brought some. */
export const firstSnapshots = ({ disks }: Pick<VmSpec, "disks">): VmSpec["snapshots"] =>
  disks.some(({ path }) => path !== "") ? undefined : [];

/** Of a VM that is changed: another disk with a path of its own may have brought some. */
export function snapshotsAfter(before: VmSpec, { disks }: Pick<VmSpec, "disks">): VmSpec["snapshots"] {
  const names = new Set(before.disks.map(({ name }) => name));
  return disks.some(({ name, path }) => path !== "" && !names.has(name)) ? undefined : before.snapshots;
}

/** Throws SnapshotNotFoundError (404) with those that are there, when `names` has it not. */
export function checkSnapshotName(vm: string, snapshot: string, names: readonly string[]): void {
  if (names.includes(snapshot)) return;
  const has =
    names.length === 0 ? "it has none; make one (POST …/snapshots)" : `it has ${names.slice(0, 64).join(", ")}`;
  throw new SnapshotNotFoundError(vm, snapshot, has);
}

export class KnownSnapshots {
  readonly #framework: Framework;

  constructor(framework: Framework) {
    this.#framework = framework;
  }

  /** Before they change: should the answer be lost, nobody knows them. */
  async forget(vm: string): Promise<void> {
    await this.note(vm, undefined);
  }

  /** Nothing is stored when they are known so, or the VM is gone. */
  async note(vm: string, snapshots: readonly string[] | undefined): Promise<void> {
    await this.#framework.change(async () => {
      const { ledger } = this.#framework.parts;
      const record = ledger.workload(vm);
      if (record === undefined || !isVm(record)) return;
      if (JSON.stringify(record.spec.snapshots) === JSON.stringify(snapshots)) return;
      const named = snapshots === undefined ? undefined : [...snapshots];
      const next: VmRecord = { ...record, spec: { ...record.spec, snapshots: named } };
      await ledger.commit({ workload: next });
    });
  }
}
