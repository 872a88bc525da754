// The names of a VM's snapshots, as its executor told them last. They lie in the disks, where only an executor sees them: of a VM that
// is stopped this is what is known.
import type { Framework } from "../../framework/loop/framework.ts";
import { SnapshotNotFoundError } from "../body/vm-errors.ts";
import { isVm, type VmRecord } from "../body/vm-record.ts";
import { type VmSpec, vmUnit } from "../body/vm-spec.ts";

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

/** Questions about the snapshots of one VM that wait for their answers. */
interface Questions {
  open: number;
  /** Those that change them. */
  changing: number;
  /** Another one when such a question begins or ends. */
  turn: number;
}

export class KnownSnapshots {
  readonly #framework: Framework;
  readonly #questions = new Map<string, Questions>();

  constructor(framework: Framework) {
    this.#framework = framework;
  }

  /**
   * Asks the executor, and stores the names that it tells. `changes`: the question changes them; should its answer be lost, nobody knows
   * them. An answer that may be older than another one, or is of an instance that was replaced meanwhile, is stored by nobody.
   */
  async told<T>(
    vm: string,
    changes: boolean,
    ask: () => Promise<T>,
    namesOf: (answer: T) => readonly string[],
  ): Promise<T> {
    const questions = this.#questions.get(vm) ?? { open: 0, changing: 0, turn: 0 };
    this.#questions.set(vm, questions);
    const own = changes ? 1 : 0;
    questions.open += 1;
    questions.changing += own;
    questions.turn += own;
    const { turn } = questions;
    try {
      if (changes) await this.#store(vm, undefined, () => true);
      const before = this.#stored(vm);
      const answer = await ask();
      const isNewest = () => questions.turn === turn && questions.changing === own && this.#stored(vm) === before;
      await this.#store(vm, namesOf(answer), isNewest);
      return answer;
    } finally {
      questions.open -= 1;
      questions.changing -= own;
      questions.turn += own;
      if (questions.open === 0) this.#questions.delete(vm);
    }
  }

  /** The instance, and what is known of it. */
  #stored(vm: string): string {
    const { ledger } = this.#framework.parts;
    const record = ledger.workload(vm);
    const known = record !== undefined && isVm(record) ? record.spec.snapshots : undefined;
    return JSON.stringify([ledger.unit(vm, vmUnit)?.instance, known]);
  }

  /** Nothing is stored when they are known so, or the VM is gone. */
  async #store(vm: string, snapshots: readonly string[] | undefined, isNewest: () => boolean): Promise<void> {
    await this.#framework.change(async () => {
      const { ledger } = this.#framework.parts;
      const record = ledger.workload(vm);
      if (record === undefined || !isVm(record) || !isNewest()) return;
      if (JSON.stringify(record.spec.snapshots) === JSON.stringify(snapshots)) return;
      const named = snapshots === undefined ? undefined : [...snapshots];
      const next: VmRecord = { ...record, spec: { ...record.spec, snapshots: named } };
      await ledger.commit({ workload: next });
    });
  }
}
