// Moves VMs to other hosts: `POST …/migrate` stores the plan and the units that it needs, the framework carries it out.
import type { Clock } from "@cke/foundation";
import type { Framework } from "../../framework/loop/framework.ts";
import { addUnits } from "../../framework/service/workload-lifecycle.ts";
import { planOutlook, withPlan } from "../../workload/plans/workload-steps.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { byMaintenance } from "../../workload/steps/relocation.ts";
import { VmDeletingError, VmStateError } from "../body/vm-errors.ts";
import { knownVm, type VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { isUncopied, refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { snapshotWords } from "../migration/move-actions.ts";
import { abandonPlan, begunMove, hasMoved, moveGoal, movePlanOf } from "../migration/move-plan.ts";
import { moveProblem, readMove } from "../migration/move-request.ts";
import { type MoveWish, moveUnits } from "../migration/move-units.ts";
import type { MoveResult, SnapshotView, VmMigration } from "../views/vm-control-service.ts";

export interface VmMigrationParts {
  readonly framework: Framework;
  readonly calls: { snapshots(vm: string, signal: AbortSignal): Promise<readonly SnapshotView[]> };
  readonly clock: Clock;
  readonly incarnation: (now: number) => string;
}

/** How long an executor is asked for its snapshots before a move. */
const askMs = 15_000;
const lookMs = 200;

export class VmMigrationApi implements VmMigration {
  readonly #parts: VmMigrationParts;

  constructor(parts: VmMigrationParts) {
    this.#parts = parts;
  }

  async begin(name: string, wish: unknown, by: string): Promise<string> {
    const asked = readMove(wish);
    const { spec } = this.#alive(name);
    const problem = moveProblem(spec, this.#record(name), asked);
    if (problem !== undefined) throw new VmStateError(name, problem);
    // The executor that gives the disks of a stopped VM away asks libvirt itself.
    if (this.#record(name).launch !== undefined) await this.#checkSnapshots(name);
    return await this.#parts.framework.change(async () => await this.#begin(name, asked, by));
  }

  async abandon(name: string, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const { clock, incarnation, framework } = this.#parts;
      const vm = this.#alive(name);
      const plan = movePlanOf(vm);
      if (plan?.goal !== moveGoal) throw new VmStateError(name, "is not being moved");
      if (hasMoved(plan))
        throw new VmStateError(name, "belongs to its new host already: the move goes on; to go back, move it again");
      const sinceMs = clock.now();
      const next = abandonPlan({ id: incarnation(sinceMs), sinceMs, by }, plan);
      const { launch, last } = this.#record(name);
      const agentId = plan.by === byMaintenance ? (launch?.agentId ?? last?.agentId ?? "") : "";
      const window = framework.parts.maintenance.windowOf(agentId);
      // It stays for this maintenance: else the next look would begin the move anew.
      const given = window === undefined ? vm : { ...vm, spec: { ...vm.spec, staysForMs: window.startMs } };
      await framework.parts.ledger.commit({ workload: withPlan(given, plan.id, next) });
      framework.parts.logs.line("info", name, `its migration is given up${askedBy(by)}`, { unit: vmUnit });
      return `the migration of VM "${name}" is given up: what was copied is removed, and it stays where it was`;
    });
  }

  async settled(name: string, waitMs: number, signal: AbortSignal): Promise<MoveResult> {
    const { clock, framework } = this.#parts;
    const end = clock.now() + waitMs;
    for (;;) {
      const vm = this.#vm(name);
      const plan = movePlanOf(vm);
      if (plan === undefined) {
        const { launch, home } = this.#record(name);
        const words = launch === undefined ? `its disks are on ${home}` : `it runs on ${launch.hostname}`;
        return { done: true, words: launch === undefined && home === "" ? "" : words };
      }
      const { ledger, planActions } = framework.parts;
      const outlook = planOutlook(vm, plan, ledger.units(name), planActions.progress);
      const now = outlook?.stages.flatMap(({ name: stage, units }) =>
        units
          .filter(({ status }) => status === "going" || status === "failed")
          .map(({ reason }) => `${stage}: ${reason}`),
      );
      if (clock.now() >= end) return { done: false, words: now?.[0] ?? "" };
      await clock.sleep(lookMs, signal);
    }
  }

  async #begin(name: string, wish: MoveWish, by: string): Promise<string> {
    const { clock, incarnation, framework } = this.#parts;
    const { ledger, logs, offers } = framework.parts;
    const vm = this.#alive(name);
    const record = this.#record(name);
    const problem = moveProblem(vm.spec, record, wish);
    if (problem !== undefined) throw new VmStateError(name, problem);
    refuseWhileCopied("moved", vm, ledger);
    if (isUncopied(vm, record))
      throw new VmStateError(name, "is a clone whose disks are not copied yet: move it when it has started");
    const from = record.launch?.hostname ?? record.home;
    const now = clock.now();
    const rests = record.launch === undefined;
    const next = begunMove(vm, record, wish, { id: incarnation(now), sinceMs: now, by });
    await addUnits({ ledger }, next, moveUnits, now, () => record.instance);
    logs.line(
      "info",
      name,
      `is to be moved from ${from} to ${wish.host === "*" ? "another host" : wish.host}${askedBy(by)}`,
      {
        unit: vmUnit,
      },
    );
    offers.ask();
    const how = rests
      ? "its disks are copied when another host has a place for it, and it stays stopped"
      : "its guest is shut down when another host has a place and room for it, and starts there with its disks";
    return `VM "${name}" is being moved: ${how}; GET …/state shows how far it is (DELETE …/migrate gives it up before its host changes)`;
  }

  /** What libvirt alone knows would be lost. */
  async #checkSnapshots(name: string): Promise<void> {
    const snapshots = await this.#parts.calls.snapshots(name, AbortSignal.timeout(askMs));
    const withMemory = snapshots.filter(({ memory }) => memory).map((one) => one.name);
    if (withMemory.length === 0) return;
    throw new VmStateError(name, snapshotWords(withMemory));
  }

  #vm(name: string): VmRecord {
    return knownVm(this.#parts.framework.parts.ledger, name);
  }

  #alive(name: string): VmRecord {
    const vm = this.#vm(name);
    if (vm.deleting) throw new VmDeletingError(name);
    return vm;
  }

  #record(name: string): UnitRecord {
    return this.#parts.framework.parts.ledger.unit(name, vmUnit) ?? newUnitRecord(name, vmUnit, "");
  }
}

const askedBy = (by: string) => (by === "" ? "" : ` (asked for by ${by})`);
