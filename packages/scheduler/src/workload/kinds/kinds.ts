// The kinds of workloads that this program knows, by name.
import { CkeError } from "@cke/foundation";
import type { UnitOutline } from "../outline/unit-outline.ts";
import type { WorkloadRecord } from "../records/records.ts";
import type { ClaimedPort } from "./claimed-ports.ts";
import type { RenderedUnit, WorkloadKind } from "./workload-kind.ts";

/** The workload was removed while something was made for it. */
export class WorkloadGoneError extends CkeError {}

/** 409: a workload of another kind has the name. */
export class NameTakenError extends CkeError {
  /** `what`: the kind of the other one, "VM" or "cluster". */
  constructor(name: string, what: string, deleting: boolean) {
    const why = deleting ? "is still being deleted" : "exists already";
    super("name_taken", `${what} "${name}" ${why}: a name belongs to one cluster or one VM`, { status: 409 });
  }
}

export class Kinds {
  readonly #byName: ReadonlyMap<string, WorkloadKind>;

  constructor(kinds: readonly WorkloadKind[]) {
    this.#byName = new Map(kinds.map((kind) => [kind.name, kind]));
  }

  all(): readonly WorkloadKind[] {
    return [...this.#byName.values()];
  }

  /** Throws CkeError `store_corrupt` for a kind that this program does not know. */
  of({ kind }: Pick<WorkloadRecord, "kind">): WorkloadKind {
    const found = this.#byName.get(kind);
    if (found !== undefined) return found;
    const known = [...this.#byName.keys()].join(", ");
    throw new CkeError(
      "store_corrupt",
      `a stored workload is of kind "${kind}", and this program knows ${known}: start the version that knows it, or delete that workload with it`,
    );
  }

  /** Undefined for a workload that does not exist, and for a unit that was never rendered. */
  outline(workload: WorkloadRecord | undefined, unit: string): UnitOutline | undefined {
    return workload === undefined ? undefined : this.of(workload).outline(workload, unit);
  }

  /** `workload`: undefined for one that is no more; it is then named as the first kind names its own. */
  logFields(
    workload: WorkloadRecord | undefined,
    name: string,
    unit: string | undefined,
  ): Readonly<Record<string, string>> {
    const kind = workload === undefined ? this.all()[0] : this.of(workload);
    return kind?.logFields(name, unit) ?? { workload: name };
  }

  /** Ports of named hosts that those of these workloads publish which are to run. */
  claimedPorts(workloads: readonly WorkloadRecord[]): readonly ClaimedPort[] {
    return workloads
      .filter(({ spec, deleting }) => spec.expect === "RUN" && !deleting)
      .flatMap((one) => this.of(one).hostPorts(one))
      .filter(({ host }) => host !== "*");
  }

  rendered(workload: WorkloadRecord, unit: string): RenderedUnit | undefined {
    return this.of(workload).rendered(workload, unit);
  }
}
