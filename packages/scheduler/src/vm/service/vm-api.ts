// The service of VMs of the REST API: creates, deletes, shows, starts and stops them.
import type { ChannelUnit } from "../../channel/unit.ts";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import { channelUnit } from "../../framework/service/channel-unit.ts";
import { changeExpectation } from "../../framework/service/expectation-change.ts";
import { type ChangeParts, changePlan } from "../../framework/service/plan-change.ts";
import { deleteWorkload } from "../../framework/service/workload-lifecycle.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { RecentLog, WorkloadLogEntry } from "../../workload/plans/log-entry.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import { VmStateError } from "../body/vm-errors.ts";
import { knownVm, type VmRecord, vmsOf } from "../body/vm-record.ts";
import { hasOwnDisks, vmUnit } from "../body/vm-spec.ts";
import { cloneWords, refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { awayWords, standingWords } from "../migration/give-up.ts";
import { moveGoal, movePlanOf } from "../migration/move-plan.ts";
import { destinationUnit, sourceUnit } from "../migration/move-units.ts";
import { stopProblem } from "../migration/stop-problem.ts";
import { vmJson } from "../rendering/vm-json.ts";
import type { CreatedVm, VmService } from "../views/vm-service.ts";
import { restWords } from "../views/vm-status.ts";
import {
  finishedVmView,
  overVmView,
  type VmViewInput,
  vmListItem,
  vmStateView,
  vmView,
} from "../views/vm-view-makers.ts";
import type { OverVmView, VmListItem, VmStateView, VmView } from "../views/vm-views.ts";
import { createVm, type VmCreatingParts } from "./vm-creating.ts";
import { replaceVm } from "./vm-replacing.ts";

export type VmApiParts = VmCreatingParts;

export class VmApi implements VmService {
  readonly #parts: VmApiParts;

  constructor(parts: VmApiParts) {
    this.#parts = parts;
  }

  async create(body: unknown): Promise<CreatedVm> {
    return await createVm(this.#parts, body);
  }

  async remove(name: string): Promise<void> {
    await this.#parts.framework.change(async () => {
      const vm = this.#vm(name);
      refuseWhileCopied("deleted", vm, this.#framework.ledger);
      await deleteWorkload(this.#framework, vm);
    });
  }

  async expect(name: string, expect: AskedExpectation, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const vm = this.#vm(name);
      const { spec } = vm;
      const { record } = this.#input(vm);
      if (expect === "RUN" && spec.expect === "RUN" && spec.paused && record.finishedAtMs === undefined)
        throw new VmStateError(name, "is paused, and is not started: let its guest go on (POST …/resume)");
      if (expect === "RUN") this.#refuseStart(vm);
      const problem = expect === "STOP" && spec.expect === "RUN" ? stopProblem(vm, record) : undefined;
      if (problem !== undefined) throw new VmStateError(name, problem);
      // A guest that is started runs, as one that was never paused.
      const resting = expect === "STOP" && spec.paused ? { ...vm, spec: { ...spec, paused: false } } : vm;
      const words = await changeExpectation(this.#change, resting, undefined, expect, by);
      if (expect === "RUN") this.#framework.offers.ask();
      return words;
    });
  }

  async replace(name: string, force: boolean, by: string): Promise<string> {
    return await replaceVm(this.#parts, name, force, by);
  }

  async changePlan(name: string, action: PlanAction, by: string): Promise<string> {
    return await this.#parts.framework.change(async () => {
      const vm = this.#vm(name);
      // What has finished is started by it.
      if (action === "retry" && this.#record(vm).finishedAtMs !== undefined) this.#refuseStart(vm);
      const words = await changePlan(this.#change, vm, action, {}, by);
      if (action === "retry" || action === "resume") this.#framework.offers.ask();
      return words;
    });
  }

  list(): readonly VmListItem[] {
    return this.#vms().map((vm) => vmListItem(this.#input(vm)));
  }

  get(name: string): VmView {
    return vmView(this.#input(this.#vm(name)));
  }

  state(name: string): VmStateView {
    const vm = this.#vm(name);
    const { plans, ledger } = this.#framework;
    return vmStateView({
      ...this.#input(vm),
      plan: plans.plan(vm),
      pending: this.#pending(vm),
      now: this.#parts.clock.now(),
      storageProblem: ledger.problem(name, vmUnit),
    });
  }

  pending(name: string): readonly PendingView[] {
    return this.#pending(this.#vm(name));
  }

  json(name: string): Readonly<Record<string, unknown>> {
    return vmJson(this.#vm(name).spec);
  }

  log(name: string): RecentLog<WorkloadLogEntry> {
    return this.#framework.logs.of(this.#vm(name).spec.name);
  }

  over(): readonly OverVmView[] {
    const finished = this.#vms().flatMap((vm) => finishedVmView(this.#input(vm)) ?? []);
    const gone = this.#parts.kind.over.list().map(overVmView);
    return [...finished, ...gone].toSorted((left, right) => right.end_time.localeCompare(left.end_time));
  }

  /** Where a channel to it leads. Throws a CkeError: 404, 409 when it does not run, 504 when it is out of reach. */
  channelUnit(name: string, unit: string = vmUnit): ChannelUnit {
    const input = this.#input(this.#vm(name));
    if (unit !== vmUnit) {
      const record = this.#framework.ledger.unit(name, unit) ?? {};
      return channelUnit(record, `the ${unit} of the migration of VM "${name}"`, "vm");
    }
    return channelUnit(input.record, `VM "${name}"`, "vm", restWords(input));
  }

  /** Throws VmStateError (409) for one that must not start now. */
  #refuseStart(vm: VmRecord): void {
    const { name, template } = vm.spec;
    if (template)
      throw new VmStateError(name, 'is a template, which is only cloned: to start it, PATCH {"template": false} first');
    refuseWhileCopied("started", vm, this.#framework.ledger);
  }

  get #framework(): FrameworkComponents {
    return this.#parts.framework.parts;
  }

  /** What a change of a plan needs. */
  get #change(): ChangeParts {
    return { ...this.#framework, clock: this.#parts.clock };
  }

  #vms(): readonly VmRecord[] {
    return vmsOf(this.#framework.ledger.workloads());
  }

  #vm(name: string): VmRecord {
    return knownVm(this.#framework.ledger, name);
  }

  #record({ spec }: VmRecord): UnitRecord {
    return this.#framework.ledger.unit(spec.name, vmUnit) ?? newUnitRecord(spec.name, vmUnit, "");
  }

  #input(vm: VmRecord): VmViewInput {
    const record = this.#record(vm);
    const isWanted = wishOf(vm, vmUnit) === "run" || (vm.spec.expect === "RUN" && movePlanOf(vm) !== undefined);
    const isWaiting = record.launch === undefined && record.finishedAtMs === undefined && isWanted;
    const lost = this.#lost(vm, record);
    const waits = lost ?? (isWaiting ? this.#waits(vm, record) : "");
    return { vm, record, waits };
  }

  /** With the reason why a clone begins on that host. */
  #pending(vm: VmRecord): readonly PendingView[] {
    const pending = this.#framework.plans.pending(vm);
    const words = cloneWords(vm, this.#record(vm));
    return words === "" ? pending : pending.map((one) => ({ ...one, summary: `${one.summary}; ${words}` }));
  }

  /** Why its move does not go on, and what to do; undefined when it does. */
  #lost(vm: VmRecord, guest: UnitRecord): string | undefined {
    const plan = movePlanOf(vm);
    if (plan?.goal !== moveGoal) return undefined;
    const of = (unit: string) => this.#framework.ledger.unit(vm.spec.name, unit);
    const records = { guest, source: of(sourceUnit), destination: of(destinationUnit), shared: !hasOwnDisks(vm.spec) };
    const words = standingWords(plan, records) ?? awayWords(plan, records);
    return words && `it is being moved to another host: ${words}`;
  }

  /** Why a VM that is to run has no launch. */
  #waits(vm: VmRecord, record: UnitRecord): string {
    const { plans } = this.#framework;
    const moves = movePlanOf(vm) === undefined ? "" : "it is being moved to another host";
    const pending = this.#pending(vm).find(({ summary }) => summary !== "")?.summary ?? "";
    const own = plans.unit(vm, record)?.phases.find(({ reason }) => reason !== "")?.reason ?? "";
    return moves === "" ? pending : `${moves}${own === "" ? "" : `: ${own}`}`;
  }
}
