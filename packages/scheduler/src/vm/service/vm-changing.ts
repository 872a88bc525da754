// PATCH and PUT of a VM, and pause and resume: what lasts is stored, then its executor follows.
import type { Clock } from "@cke/foundation";
import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { isTerminal, newUnitRecord, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { VmDeletingError, VmStateError } from "../body/vm-errors.ts";
import { knownVm, type VmRecord } from "../body/vm-record.ts";
import { type VmSpec, vmUnit } from "../body/vm-spec.ts";
import { seedWords } from "../changes/next-seed.ts";
import { type AskedState, readVmChange, type VmChange } from "../changes/vm-change.ts";
import { followingWords, laterFields, vmFollowing } from "../changes/vm-following.ts";
import { vmReportOf } from "../changes/vm-report.ts";
import { isAtRest as rests } from "../cloning/clone-request.ts";
import { isUncopied, refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { movePlanOf } from "../migration/move-plan.ts";
import { publishedPorts, vmOutline } from "../rendering/vm-outline.ts";
import type { ChangedVm } from "../views/vm-control-service.ts";
import type { VmService } from "../views/vm-service.ts";
import type { VmKind } from "../vm-kind.ts";
import { vmContext } from "./vm-context.ts";

export interface VmChangingParts {
  readonly framework: Framework;
  readonly kind: VmKind;
  readonly vms: Pick<VmService, "expect">;
  readonly options: Pick<FrameworkOptions, "roles">;
  readonly clock: Clock;
  /** Lets a guest go on that stands still though nobody has paused it here. */
  readonly resume: (vm: string) => Promise<string>;
}

/** How long a PATCH waits to learn what the guest follows at once. */
const followMs = 10_000;
const lookMs = 100;

export class VmChanging {
  readonly #parts: VmChangingParts;

  constructor(parts: VmChangingParts) {
    this.#parts = parts;
  }

  async pause(name: string, paused: boolean, by: string): Promise<string> {
    const words = await this.#parts.framework.change(async () => {
      const vm = this.alive(name);
      const record = this.#record(name);
      this.#checkRuns(vm, record, paused ? "only what runs can be paused" : "there is nothing to resume");
      if (vm.spec.paused === paused) {
        if (paused) return `VM "${name}" is paused already`;
        const following = vmFollowing(vm.spec, record);
        if (following.kind === "told" && !following.follows) return `the guest of VM "${name}" is about to go on`;
        return vmReportOf(record)?.state === "paused" ? undefined : `VM "${name}" is not paused`;
      }
      await this.#store(vm, { ...vm.spec, paused });
      const still = isReady(record)
        ? `VM "${name}" is paused: its guest stands still and keeps its memory`
        : `VM "${name}" does not run now: its guest is started paused, and stands still until it is resumed`;
      const said = paused ? still : `the guest of VM "${name}" goes on`;
      this.tell(name, said, by);
      return said;
    });
    // It stands still for a reason of its own, like a full disk.
    return words ?? `VM "${name}": ${await this.#parts.resume(name)}`;
  }

  async change(name: string, body: unknown, whole: boolean, by: string, signal: AbortSignal): Promise<ChangedVm> {
    const { changed, state, kept, ignored } = await this.#parts.framework.change(() =>
      this.#change(name, body, whole, by),
    );
    const warnings = ignoredFieldsMessage(ignored);
    const done = state === undefined ? "" : await this.#bringTo(name, state, by);
    if (changed.length === 0) {
      const message = done === "" ? `nothing of VM "${name}" has changed` : done;
      return { message, changed: done === "" ? [] : ["state"], at_next_start: [], warnings };
    }
    const { words, later } = await this.#followed(name, signal);
    const { spec } = this.vm(name);
    const seed = changed.includes("cloudInit") ? seedWords(spec, this.#record(name).homeSinceMs > 0) : "";
    const more = [kept, seed, words, done].filter((one) => one !== "");
    const message = [`VM "${name}": ${changed.join(", ")} changed`, ...more].join("; ");
    return { message, changed: [...changed, ...(done === "" ? [] : ["state"])], at_next_start: later, warnings };
  }

  tell(name: string, words: string, by: string): void {
    const { logs } = this.#parts.framework.parts;
    logs.line("info", name, `${words}${by === "" ? "" : ` (asked for by ${by})`}`, { unit: vmUnit });
  }

  vm(name: string): VmRecord {
    return knownVm(this.#parts.framework.parts.ledger, name);
  }

  alive(name: string): VmRecord {
    const vm = this.vm(name);
    if (vm.deleting) throw new VmDeletingError(name);
    return vm;
  }

  async #change(name: string, body: unknown, whole: boolean, by: string): Promise<VmChange> {
    const vm = this.alive(name);
    if (movePlanOf(vm) !== undefined)
      throw new VmStateError(
        name,
        "is being moved to another host, and is changed after that: GET …/state shows how far it is",
      );
    const record = this.#record(name);
    const { kind, framework } = this.#parts;
    const secrets = await kind.secretsVault.secretsOf(name);
    const change = readVmChange(
      body,
      whole,
      { spec: vm.spec, record, secrets },
      vmContext(framework.parts, this.#parts),
    );
    if (change.state === "paused") this.#checkRuns(vm, record, "only what runs can be paused");
    if (change.changed.length === 0) return change;
    if (change.changed.includes("disk")) refuseWhileCopied("given other disks", vm, framework.parts.ledger);
    if (change.spec.template && !vm.spec.template && !rests(vm, record))
      throw new VmStateError(name, "runs, and a template never does: stop it first (POST …/stop)");
    if (change.spec.template && !vm.spec.template && isUncopied(vm, record))
      throw new VmStateError(
        name,
        "is a clone whose disks are not copied yet, and a template never starts: start it (POST …/start), and stop it when it has started",
      );
    if (vm.spec.units[0].stateful && !change.spec.units[0].stateful && !isAtRest(vm.spec, record))
      throw new VmStateError(
        name,
        "may run now with disks that are on its host only, and with this change it could begin elsewhere as well, on the same shared disk: stop it first (POST …/stop)",
      );
    const taken = publishedPorts(vm.spec);
    const fresh = publishedPorts(change.spec).filter((port) => !taken.includes(port));
    if (fresh.length > 0 && isLaunched(record))
      throw new VmStateError(
        name,
        `runs, and gets further ports of its host (${fresh.join(", ")}) with a launch only: stop it first`,
      );
    await this.#store(vm, change.spec, change.secrets);
    this.tell(name, `changed: ${change.changed.join(", ")}`, by);
    const { logs } = framework.parts;
    for (const words of ignoredFieldsMessage(change.ignored)) logs.line("warning", name, words);
    return change;
  }

  /** `why`: follows the state that it is in. */
  #checkRuns({ spec }: VmRecord, { finishedAtMs }: UnitRecord, why: string): void {
    if (spec.expect !== "RUN") throw new VmStateError(spec.name, `is stopped, and ${why}: start it (POST …/start)`);
    if (finishedAtMs !== undefined)
      throw new VmStateError(spec.name, `has finished, and ${why}: start it (POST …/start)`);
  }

  /** What is done to have it so, in words; "" when it is so already. */
  async #bringTo(name: string, state: AskedState, by: string): Promise<string> {
    const { spec } = this.vm(name);
    const runs = spec.expect === "RUN" && this.#record(name).finishedAtMs === undefined;
    if (state === "stopped") return spec.expect === "RUN" ? await this.#parts.vms.expect(name, "STOP", by) : "";
    if (!runs) return await this.#parts.vms.expect(name, "RUN", by);
    return spec.paused === (state === "paused") ? "" : await this.pause(name, state === "paused", by);
  }

  /** The specification, and what the present task holds while it is not what will be launched. */
  async #store(vm: VmRecord, spec: VmSpec, secrets?: ReadonlyMap<string, string>): Promise<void> {
    const { ledger } = this.#parts.framework.parts;
    const { name } = spec;
    const also = secrets === undefined ? [] : this.#parts.kind.secretsVault.putOperations(name, secrets);
    await ledger.commit({ workload: { ...vm, spec }, units: [withHeld(this.#record(name), vm.spec)], also });
  }

  /** What the guest follows, as soon as its executor says so. */
  async #followed(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly words: string; readonly later: readonly string[] }> {
    const { clock } = this.#parts;
    const end = clock.now() + followMs;
    for (;;) {
      const following = vmFollowing(this.vm(name).spec, this.#record(name));
      const later = laterFields(following);
      const isOver = following.kind !== "told" || following.follows || following.problem !== "";
      if (isOver || clock.now() >= end) return { words: followingWords(following), later };
      await clock.sleep(lookMs, signal);
    }
  }

  #record(name: string): UnitRecord {
    return this.#parts.framework.parts.ledger.unit(name, vmUnit) ?? newUnitRecord(name, vmUnit, "");
  }
}

function isLaunched({ launch }: UnitRecord): boolean {
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  return task !== undefined && !isTerminal(task);
}

/** True when nothing of it runs, and nothing will before it is started; or when nothing of it ever was anywhere. */
function isAtRest({ expect }: VmSpec, { launch, superseded, home }: UnitRecord): boolean {
  return launch === undefined && superseded.length === 0 && (expect !== "RUN" || home === "");
}

/** `before`: the specification with which the task holds what it holds, unless its record says otherwise. */
function withHeld(record: UnitRecord, before: VmSpec): UnitRecord {
  const { launch } = record;
  if (launch === undefined || !isLaunched(record)) return record;
  const holds = vmOutline(before).unitTask;
  const tasks = launch.tasks.map((task) =>
    task.process !== "" || task.holds !== undefined ? task : { ...task, holds },
  );
  return { ...record, launch: { ...launch, tasks } };
}
