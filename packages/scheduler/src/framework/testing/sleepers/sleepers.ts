// Sleepers as a service over the framework, for tests: what kubernetes/service is for clusters.
import { newIncarnation } from "../../../workload/records/task-ids.ts";
import { isReady } from "../../../workload/tasks/statuses.ts";
import { SleeperKind, type SleeperSpec } from "../../../workload/testing/sleeper-kind.ts";
import type { Framework } from "../../loop/framework.ts";
import { createWorkload, deleteWorkload } from "../../service/workload-lifecycle.ts";

export class Sleepers {
  readonly #framework: Framework;
  readonly #clock: { readonly now: () => number };
  readonly #kind = new SleeperKind();

  constructor(framework: Framework, clock: { readonly now: () => number }) {
    this.#framework = framework;
    this.#clock = clock;
  }

  async create(spec: SleeperSpec): Promise<void> {
    const createdAtMs = this.#clock.now();
    await this.#framework.change(async () => {
      const { ledger } = this.#framework.parts;
      if (ledger.workload(spec.name) !== undefined) throw new Error(`there is a workload "${spec.name}" already`);
      const workload = { kind: this.#kind.name, spec, createdAtMs, deleting: false };
      await createWorkload(this.#framework.parts, workload, newIncarnation(createdAtMs));
    });
  }

  async remove(name: string): Promise<void> {
    await this.#framework.change(async () => {
      const workload = this.#framework.parts.ledger.workload(name);
      if (workload !== undefined) await deleteWorkload(this.#framework.parts, workload);
    });
  }

  /** Whether each of them sleeps, by name. */
  asleep(): ReadonlyMap<string, boolean> {
    const { ledger } = this.#framework.parts;
    const own = ledger.workloads().filter(({ kind }) => kind === this.#kind.name);
    return new Map(own.map(({ spec }) => [spec.name, ledger.units(spec.name).every(isReady)]));
  }
}
