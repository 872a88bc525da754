// The kind "vm": a workload is a virtual machine with one unit. All that it launches follows from the specification and the flags; it keeps
// secrets of seeds, and what is known of VMs that are gone.
import type { Clock, Logger } from "@cke/foundation";
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import type { Store, StoreOperation } from "../store/store.ts";
import type { ClaimedPort } from "../workload/kinds/claimed-ports.ts";
import { WorkloadGoneError } from "../workload/kinds/kinds.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../workload/kinds/plan-action.ts";
import type {
  KnownHosts,
  PlanInput,
  PresentWorkloads,
  RenderedUnit,
  UnitPrerequisite,
  UnitSecrets,
  WorkloadKind,
} from "../workload/kinds/workload-kind.ts";
import type { UnitOutline } from "../workload/outline/unit-outline.ts";
import type { UnitPlan } from "../workload/plans/bring-up-view.ts";
import type { PlanStage } from "../workload/records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../workload/records/records.ts";
import type { WorkloadSpec } from "../workload/records/workload-spec.ts";
import type { Relocation } from "../workload/steps/relocation.ts";
import { isVm, type VmRecord, vmKind, vmsOf } from "./body/vm-record.ts";
import { type VmSpec, vmSpecSchema, vmUnit } from "./body/vm-spec.ts";
import { VmPublisher } from "./changes/vm-publisher.ts";
import { clonesBefore, isUncopied } from "./cloning/copies-under-way.ts";
import { type OverVm, OverVms } from "./history/over-vms.ts";
import { MoveActions } from "./migration/move-actions.ts";
import { afterMoveStep, moveExclusion, movePrerequisite } from "./migration/move-plan.ts";
import { afterMove, sourceOutline, sourceUnit } from "./migration/move-units.ts";
import { vmRelocation } from "./migration/vm-relocation.ts";
import { renderedVm } from "./rendering/rendered-vm.ts";
import type { VmOptions } from "./rendering/vm-options.ts";
import { vmOutline } from "./rendering/vm-outline.ts";
import { SeedVault } from "./secrets/seed-vault.ts";
import { planVm } from "./steps/vm-phases.ts";
import { vmRules } from "./steps/vm-rules.ts";

export interface VmKindParts {
  readonly options: VmOptions;
  readonly store: Store;
  /** To executors. */
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class VmKind implements WorkloadKind {
  readonly name = vmKind;
  readonly spec = vmSpecSchema;
  readonly rules = vmRules;
  readonly executor: string;
  readonly secretsVault: SeedVault;
  readonly over: OverVms;
  /** -vm_image_path; "": there is none. */
  readonly imagePath: string;
  /** -vm_disk_path. */
  readonly diskPaths: readonly string[];
  /** -vm_live_migration. */
  readonly liveMigration: boolean;
  readonly #options: VmOptions;
  readonly #clock: Clock;
  readonly #publisher: VmPublisher;
  readonly #moves: MoveActions;
  readonly #outlines = new WeakMap<VmSpec, UnitOutline>();
  #present: PresentWorkloads | undefined;
  /** By name: what is stored with the end of a removal. */
  readonly #ending = new Map<string, OverVm>();

  constructor({ options, store, channels, clock, logger }: VmKindParts) {
    this.executor = options.vmExecutor;
    this.imagePath = options.imagePath;
    this.diskPaths = options.diskPaths;
    this.liveMigration = options.liveMigration;
    this.#options = options;
    this.#clock = clock;
    this.secretsVault = new SeedVault({ store, logger });
    this.over = new OverVms({ store, clock, keepMs: options.historyMs });
    this.#moves = new MoveActions({
      channels,
      clock,
      unitsOf: (vm) => this.#present?.unitsOf(vm) ?? [],
      vms: () => vmsOf(this.#present?.workloads() ?? []),
    });
    this.#publisher = new VmPublisher({ clock });
  }

  logFields(vm: string): Readonly<Record<string, string>> {
    return { vm };
  }

  async load(present: PresentWorkloads): Promise<void> {
    this.#present = present;
    await this.secretsVault.sweep(new Set(vmsOf(present.workloads()).map(({ spec }) => spec.name)));
    await this.over.load();
  }

  async tick(present: PresentWorkloads): Promise<void> {
    await this.#publisher.tick(present);
    await this.over.sweep();
  }

  outline(workload: WorkloadRecord, unit: string): UnitOutline | undefined {
    if (!isVm(workload)) return undefined;
    if (unit === sourceUnit) return sourceOutline;
    const known = this.#outlines.get(workload.spec) ?? vmOutline(workload.spec);
    this.#outlines.set(workload.spec, known);
    return known;
  }

  rendered(workload: WorkloadRecord, unit: string): RenderedUnit | undefined {
    return isVm(workload) ? renderedVm(workload.spec, this.#options, unit === vmUnit ? "" : unit) : undefined;
  }

  hostPorts(workload: WorkloadRecord): readonly ClaimedPort[] {
    if (!isVm(workload)) return [];
    const { name, units, nics } = workload.spec;
    const [{ host }] = units;
    return nics.flatMap(({ ports }) =>
      ports.map(({ hostPort: port, protocol }) => ({ host, port, protocol, workload: name, owner: `VM "${name}"` })),
    );
  }

  problem(): undefined {}

  stopStages({ spec }: WorkloadRecord): readonly PlanStage[] {
    return [{ name: "the VM", units: spec.units.map(({ name }) => name) }];
  }

  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    return await this.#moves.act(request);
  }

  prerequisite(
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
    _hosts: KnownHosts,
    mayLaunch: (unit: UnitRecord) => boolean,
  ): UnitPrerequisite | undefined {
    return isVm(workload) ? movePrerequisite(workload, units, mayLaunch) : undefined;
  }

  excludedHosts(workload: WorkloadRecord, units: readonly UnitRecord[]) {
    return isVm(workload) ? moveExclusion(workload, units) : undefined;
  }

  afterPlanStep(workload: WorkloadRecord): WorkloadRecord {
    return isVm(workload) ? afterMoveStep(workload) : workload;
  }

  relocation(workload: WorkloadRecord, unit: UnitRecord, windowStartMs?: number): Relocation | undefined {
    const copying = isVm(workload) ? this.#copying(workload, unit) : "";
    if (copying !== "") return { kind: "stays", reason: copying };
    return isVm(workload) ? vmRelocation(workload, unit, { live: this.liveMigration, windowStartMs }) : undefined;
  }

  plan(_workload: WorkloadRecord, input: PlanInput): UnitPlan {
    return planVm(input);
  }

  async secrets({ spec, deleting }: WorkloadRecord, unit: string): Promise<UnitSecrets> {
    if (unit !== vmUnit) return new Map();
    const present = this.#present?.workloads().find((one) => one.spec.name === spec.name);
    if (present === undefined || deleting)
      throw new WorkloadGoneError("vm_gone", `VM "${spec.name}" is being deleted or is gone`, { status: 409 });
    return await this.secretsVault.secretsOf(spec.name);
  }

  async deleteOperations(name: string): Promise<readonly StoreOperation[]> {
    const over = this.#ending.get(name) ?? this.#overOf(name);
    if (over !== undefined) this.#ending.set(name, over);
    return [...this.secretsVault.deleteOperations(name), ...(over === undefined ? [] : this.over.operations(over))];
  }

  forget(name: string): void {
    const over = this.#ending.get(name);
    this.#ending.delete(name);
    if (over !== undefined) this.over.keep(over);
  }

  async deleteUnitOperations(_record: UnitRecord): Promise<readonly StoreOperation[]> {
    return [];
  }

  async replaceUnitOperations(_record: UnitRecord): Promise<readonly StoreOperation[]> {
    return [];
  }

  forgetUnit(): void {}

  withoutUnit(workload: WorkloadRecord): WorkloadSpec {
    return isVm(workload) ? afterMove(workload.spec) : workload.spec;
  }

  /** Why its disks stay where they are, because they are copied; "" when they are not. */
  #copying(vm: VmRecord, record: UnitRecord): string {
    const present = this.#present;
    if (present === undefined || record.unit !== vmUnit) return "";
    if (isUncopied(vm, record)) return "it is a clone, whose disks are not copied yet";
    const [clone] = clonesBefore("moved", vm.spec, {
      workloads: present.workloads,
      unit: (workload, unit) => present.unitsOf(workload).find((one) => one.unit === unit),
    });
    return clone === undefined ? "" : `its disks are copied to its clone "${clone}"`;
  }

  #overOf(name: string): OverVm | undefined {
    const vm =
      this.#present === undefined ? undefined : vmsOf(this.#present.workloads()).find(({ spec }) => spec.name === name);
    if (vm === undefined) return undefined;
    const { uuid, id, cpus, mem, osInfo, label } = vm.spec;
    const [record] = this.#present?.unitsOf(name) ?? [];
    return {
      ...{ name, uuid, id, cpus, mem, osInfo, label, createdAtMs: vm.createdAtMs, endedAtMs: this.#clock.now() },
      host: record?.launch?.hostname ?? record?.last?.hostname ?? "",
      lastFailure: record?.lastFailure ?? "",
    };
  }
}
