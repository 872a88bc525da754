// Moves VMs to other hosts: `POST …/migrate` stores the plan and the units that it needs, the framework carries it out.
import { type Clock, messageOf } from "@cke/foundation";
import type { Framework } from "../../framework/loop/framework.ts";
import { addUnits } from "../../framework/service/workload-lifecycle.ts";
import { planOutlook, withPlan } from "../../workload/plans/workload-steps.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { byMaintenance } from "../../workload/steps/relocation.ts";
import { VmDeletingError, VmStateError } from "../body/vm-errors.ts";
import { knownVm, type VmRecord } from "../body/vm-record.ts";
import { hasOwnDisks, vmUnit } from "../body/vm-spec.ts";
import { isUncopied, refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { type GiveUp, giveUp, goesOn, markWords } from "../migration/give-up.ts";
import { snapshotWords } from "../migration/move-actions.ts";
import { abandonPlan, begunMove, liveProgress, moveGoal, movePlanOf, returnPlan } from "../migration/move-plan.ts";
import { moveProblem, readMove } from "../migration/move-request.ts";
import { destinationUnit, type MoveWish, moveUnits, sourceUnit } from "../migration/move-units.ts";
import type { MoveResult, VmMigration } from "../views/vm-control-service.ts";
import type { VmCalls } from "./vm-calls.ts";

export interface VmMigrationParts {
  readonly framework: Framework;
  readonly calls: Pick<VmCalls, "snapshots" | "migrate">;
  readonly clock: Clock;
  readonly incarnation: (now: number) => string;
  /** -vm_live_migration. */
  readonly live: boolean;
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
    const asked = this.#allowed(name, readMove(wish));
    const { spec } = this.#alive(name);
    const problem = moveProblem(spec, this.#record(name), asked);
    if (problem !== undefined) throw new VmStateError(name, problem);
    // The executor that gives the disks of a stopped VM away asks libvirt itself.
    if (this.#record(name).launch !== undefined) await this.#checkSnapshots(name);
    return await this.#parts.framework.change(async () => await this.#begin(name, asked, by));
  }

  /** With -vm_live_migration=false a guest is shut down for its move. */
  #allowed(name: string, wish: MoveWish): MoveWish {
    if (this.#parts.live) return wish;
    if (wish.live === true)
      throw new VmStateError(
        name,
        "does not move while it runs: the scheduler runs with -vm_live_migration=false; ask for its move without live",
      );
    return { ...wish, live: false };
  }

  async abandon(name: string, by: string): Promise<string> {
    const before = movePlanOf(this.#alive(name));
    const live = before === undefined ? "never" : liveProgress(before);
    if (before?.goal === moveGoal) await this.#checkStays(name, before, this.#giveUp(name, before));
    return await this.#parts.framework.change(async () => {
      const { clock, incarnation, framework } = this.#parts;
      const vm = this.#alive(name);
      const plan = movePlanOf(vm);
      if (plan?.goal !== moveGoal) throw new VmStateError(name, "is not being moved");
      const way = this.#giveUp(name, plan);
      if (way.kind === "refused") throw new VmStateError(name, way.why);
      const isReturn = way.kind === "returns";
      const bothLost = isReturn && way.both;
      if (plan.id !== before?.id || (live === "open" && !isReturn && liveProgress(plan) !== live))
        throw new VmStateError(name, "begins to move while it runs: give the move up again");
      const sinceMs = clock.now();
      const asked = { id: incarnation(sinceMs), sinceMs, by };
      const next = isReturn ? returnPlan(asked, plan, bothLost) : abandonPlan(asked, plan);
      const { launch, last } = this.#record(name);
      const agentId = plan.by === byMaintenance ? (launch?.agentId ?? last?.agentId ?? "") : "";
      const window = framework.parts.maintenance.windowOf(agentId);
      // It stays for this maintenance: else the next look would begin the move anew.
      const given = window === undefined ? vm : { ...vm, spec: { ...vm.spec, staysForMs: window.startMs } };
      await framework.parts.ledger.commit({ workload: withPlan(given, plan.id, next) });
      framework.parts.logs.line("info", name, `its migration is given up${askedBy(by)}`, { unit: vmUnit });
      if (bothLost && !hasOwnDisks(vm.spec))
        return `the migration of VM "${name}" is given up: both of its hosts are gone for good, and it starts elsewhere with its shared disks`;
      if (bothLost)
        return `the migration of VM "${name}" is given up: its new host ${way.lost} and its old one are gone for good with its disks; POST /vm/v1/vms/${name}/replace lets it begin anew`;
      if (isReturn)
        return `the migration of VM "${name}" is given up: its new host ${way.lost} is gone for good, so that its guest goes on at its old one, or is started there with the disks as they were when it left`;
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
    const plan = movePlanOf(next);
    const how = rests
      ? "its disks are copied when another host has a place for it, and it stays stopped"
      : plan === undefined || liveProgress(plan) === "never"
        ? "its guest is shut down when another host has a place and room for it, and starts there with its disks"
        : "when another host has a place and room for it, its guest goes there while it runs";
    return `VM "${name}" is being moved: ${how}; GET …/state shows how far it is (DELETE …/migrate gives it up before its host changes)`;
  }

  #giveUp(name: string, plan: WorkloadPlan): GiveUp {
    const [source, destination] = [sourceUnit, destinationUnit].map((unit) =>
      this.#parts.framework.parts.ledger.unit(name, unit),
    );
    return giveUp(plan, { guest: this.#record(name), source, destination, shared: !hasOwnDisks(this.#vm(name).spec) });
  }

  /** Only the executors know whether a guest that moves while it runs has gone already. After this it does not go any more. */
  async #checkStays(name: string, { id: plan }: WorkloadPlan, way: GiveUp): Promise<void> {
    if (way.kind === "refused") throw new VmStateError(name, `${way.why}${way.mayReturn ? this.#wayOut(name) : ""}`);
    if (way.kind === "free" || way.kind === "returns") return;
    const ask = async (unit: string, action: "give-up" | "look") =>
      await this.#parts.calls.migrate(name, unit, { action, plan }, AbortSignal.timeout(askMs));
    const asked =
      way.kind === "ask"
        ? ask(vmUnit, "give-up")
        : ask(sourceUnit, "look").catch(async () => await ask(destinationUnit, "look"));
    const gone = await asked.catch((error: unknown) => {
      const words = `cannot give its move up now, because it is not known whether its guest has gone: ${messageOf(error)}; ask again`;
      throw new VmStateError(name, `${words}${this.#wayOut(name)}`);
    });
    if (gone) throw new VmStateError(name, `${goesOn("runs on its new host already")}${this.#wayOut(name)}`);
  }

  /** What to do about a new host that stays away. */
  #wayOut(name: string): string {
    const { home, launch } = this.#record(name, destinationUnit);
    const source = this.#record(name, sourceUnit);
    // The receiving executor has ended when the VM belongs to its new host.
    const newHost = launch?.hostname ?? (home === "" ? this.#record(name).home : home);
    return markWords(newHost, source.home);
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

  #record(name: string, unit = vmUnit): UnitRecord {
    return this.#parts.framework.parts.ledger.unit(name, unit) ?? newUnitRecord(name, unit, "");
  }
}

const askedBy = (by: string) => (by === "" ? "" : ` (asked for by ${by})`);
