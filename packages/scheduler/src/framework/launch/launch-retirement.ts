// Launches that are over leave their node's record: the present one, so that the next may begin, and superseded ones. Whose
// data is still to be removed is noted before.
import { isStateful } from "../../kubernetes/cluster/cluster-spec.ts";
import { retire, type Step } from "../../kubernetes/steps/node-steps.ts";
import { wishOf } from "../../kubernetes/views/statuses.ts";
import { describeEnd } from "../../workload/plans/retry-policy.ts";
import { afresh } from "../../workload/records/expectation.ts";
import {
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type UnitRecord,
  unitTaskOf,
  type WorkloadRecord,
} from "../../workload/records/records.ts";
import { retireSuperseded } from "../../workload/records/superseded.ts";
import type { FrameworkState } from "../loop/state.ts";

/** True when the node ended because it was asked to, and not by a failure on the way. */
function isAskedStop(cluster: WorkloadRecord, { unit, launch }: UnitRecord): boolean {
  if (launch === undefined || wishOf(cluster, unit) !== "stop") return false;
  return unitTaskOf(launch)?.state === "TASK_KILLED";
}

export class LaunchRetirement {
  readonly #state: FrameworkState;
  readonly #stepsOf: (cluster: WorkloadRecord, record: UnitRecord) => readonly Step[];
  readonly #forgotten: (taskId: string) => void;

  /** `forgotten` is called for every task that is in no record any more. */
  constructor(
    state: FrameworkState,
    stepsOf: (cluster: WorkloadRecord, record: UnitRecord) => readonly Step[],
    forgotten: (taskId: string) => void,
  ) {
    this.#state = state;
    this.#stepsOf = stepsOf;
    this.#forgotten = forgotten;
  }

  /** Launches that ended, of all these clusters together. */
  async ended(clusters: readonly WorkloadRecord[]): Promise<void> {
    const { ledger, clock, logs } = this.#state;
    const ended: { readonly cluster: WorkloadRecord; readonly record: UnitRecord }[] = [];
    for (const cluster of clusters) {
      for (const record of ledger.units(cluster.spec.name)) {
        // A guess first that costs nothing: of a healthy node no task ended and none is away.
        if (record.launch?.tasks.every((task) => isTerminal(task) || isOutOfReach(task)) !== true) continue;
        if (this.#stepsOf(cluster, record).some(({ kind }) => kind === "retire-launch"))
          ended.push({ cluster, record });
      }
    }
    const deleted = ended.filter(({ cluster }) => cluster.deleting);
    for (const { record } of deleted)
      if (record.launch !== undefined) await this.#state.owed.add(record.instance, [record.launch]);
    const now = clock.now();
    await ledger.commitUnits(
      ended.map(({ cluster, record }) => {
        const retired = retire(record, now, isStateful(cluster.spec, record.unit));
        return isAskedStop(cluster, record) ? afresh(retired, now) : retired;
      }),
    );
    for (const { cluster, record } of ended) {
      this.#forget(record.launch);
      const task = record.launch === undefined ? undefined : unitTaskOf(record.launch);
      const words = task === undefined ? "" : `: ${describeEnd(task)}`;
      logs.line(
        wishOf(cluster, record.unit) === "run" ? "warning" : "info",
        cluster.spec.name,
        `incarnation ${record.launch?.incarnation ?? ""} ended${words}`,
        { node: record.unit },
      );
    }
    for (const cluster of new Set(ended.map((one) => one.cluster))) this.#tellStop(cluster);
  }

  /** Told when the last launch of a cluster that is not to run has ended. */
  #tellStop({ deleting, spec }: WorkloadRecord): void {
    const { ledger, logs } = this.#state;
    if (deleting || spec.expect === "RUN") return;
    if (ledger.units(spec.name).every(({ launch }) => launch === undefined))
      logs.line("info", spec.name, "the cluster is stopped: its data, addresses and keys stay");
  }

  /** Superseded launches of the cluster of which nothing runs any more. */
  async superseded(cluster: WorkloadRecord): Promise<void> {
    const { ledger, clock, logs } = this.#state;
    for (const record of ledger.units(cluster.spec.name)) {
      if (record.superseded.length === 0) continue;
      let left = record;
      for (const step of this.#stepsOf(cluster, record)) {
        if (step.kind !== "retire-superseded") continue;
        left = retireSuperseded(left, step.incarnation, clock.now());
        logs.line("info", record.workload, step.explanation, { node: record.unit });
      }
      if (left === record) continue;
      const given = record.superseded.filter((launch) => !left.superseded.includes(launch));
      if (cluster.deleting) await this.#state.owed.add(record.instance, given);
      await ledger.commit({ units: [left] });
      for (const launch of given) this.#forget(launch);
    }
  }

  #forget(launch: LaunchRecord | undefined): void {
    for (const { taskId } of launch?.tasks ?? []) this.#forgotten(taskId);
  }
}
