// Changes VMs, and acts on those that run. What lasts is stored first; what passes goes to the executor at once.
import type { Duplex } from "node:stream";
import type { FileStream } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { checkSnapshotName, KnownSnapshots } from "../snapshots/known-snapshots.ts";
import type {
  ChangedVm,
  FilePart,
  GuestQuestion,
  Picture,
  PowerAction,
  SnapshotAsk,
  SnapshotView,
  VmControl,
  VmFileView,
} from "../views/vm-control-service.ts";
import { VmCalls } from "./vm-calls.ts";
import { VmChanging, type VmChangingParts } from "./vm-changing.ts";
import { VmMigrationApi } from "./vm-migration-api.ts";

export interface VmControlParts extends Omit<VmChangingParts, "resume"> {
  readonly channels: Pick<WorkloadChannels, "open">;
  /** Makes a unique, sortable id. */
  readonly incarnation: (now: number) => string;
}

/** How long a guest may take to go on. */
const resumeMs = 30_000;

export class VmControlApi implements VmControl {
  readonly migration: VmMigrationApi;
  readonly #calls: VmCalls;
  readonly #framework: VmControlParts["framework"];
  readonly #known: KnownSnapshots;
  readonly #changing: VmChanging;

  constructor(parts: VmControlParts) {
    const calls = new VmCalls({
      channels: parts.channels,
      onProgress: (vm, words) => parts.framework.parts.logs.line("info", vm, words, { unit: vmUnit }),
    });
    this.#calls = calls;
    this.#framework = parts.framework;
    this.#known = new KnownSnapshots(parts.framework);
    this.migration = new VmMigrationApi({ ...parts, calls, live: parts.kind.liveMigration });
    this.#changing = new VmChanging({
      ...parts,
      resume: (vm) => calls.power(vm, "resume", AbortSignal.timeout(resumeMs)),
    });
  }

  async power(name: string, action: PowerAction, by: string, signal: AbortSignal): Promise<string> {
    this.#changing.vm(name);
    const words = await this.#calls.power(name, action, signal);
    this.#changing.tell(name, `${action}: ${words}`, by);
    return words;
  }

  async pause(name: string, paused: boolean, by: string): Promise<string> {
    return await this.#changing.pause(name, paused, by);
  }

  async change(name: string, body: unknown, whole: boolean, by: string, signal: AbortSignal): Promise<ChangedVm> {
    return await this.#changing.change(name, body, whole, by, signal);
  }

  async snapshots(name: string, signal: AbortSignal): Promise<readonly SnapshotView[]> {
    this.#changing.vm(name);
    return await this.#known.told(name, false, async () => await this.#calls.snapshots(name, signal), namesOf);
  }

  async snapshot(name: string, ask: SnapshotAsk, signal: AbortSignal): Promise<string> {
    const words = await this.#changeSnapshots(this.#changing.alive(name), "create", ask, signal);
    this.#changing.tell(name, `snapshot "${ask.name}" made`, "");
    return words;
  }

  async revert(name: string, snapshot: string, signal: AbortSignal): Promise<string> {
    const words = await this.#changeSnapshots(this.#changing.alive(name), "revert", { name: snapshot }, signal);
    this.#changing.tell(name, `reverted to snapshot "${snapshot}"`, "");
    return words;
  }

  async removeSnapshot(name: string, snapshot: string, signal: AbortSignal): Promise<string> {
    const vm = this.#changing.alive(name);
    refuseWhileCopied({ snapshot }, vm, this.#framework.parts.ledger);
    const words = await this.#changeSnapshots(vm, "delete", { name: snapshot }, signal);
    this.#changing.tell(name, `snapshot "${snapshot}" removed`, "");
    return words;
  }

  async guest(name: string, question: GuestQuestion, signal: AbortSignal): Promise<unknown> {
    this.#changing.vm(name);
    return await this.#calls.guest(name, question, signal);
  }

  async screenshot(name: string, signal: AbortSignal): Promise<Picture> {
    this.#changing.vm(name);
    return await this.#calls.screenshot(name, signal);
  }

  async files(name: string, signal: AbortSignal): Promise<readonly VmFileView[]> {
    this.#changing.vm(name);
    return await this.#calls.files(name, signal);
  }

  async file(name: string, path: string, part: FilePart, signal: AbortSignal): Promise<FileStream> {
    this.#changing.vm(name);
    return await this.#calls.file(name, path, part, signal);
  }

  async console(name: string, console: "vnc" | "serial", signal: AbortSignal): Promise<Duplex> {
    this.#changing.vm(name);
    return await this.#calls.console(name, console, signal);
  }

  async #changeSnapshots(
    { spec: { name, snapshots } }: VmRecord,
    action: "create" | "revert" | "delete",
    ask: Partial<SnapshotAsk>,
    signal: AbortSignal,
  ): Promise<string> {
    const runs = this.#framework.parts.ledger.unit(name, vmUnit)?.launch !== undefined;
    if (!runs && action !== "create" && snapshots !== undefined) checkSnapshotName(name, ask.name ?? "", snapshots);
    const { words } = await this.#known.told(
      name,
      runs && action !== "revert",
      async () => await this.#calls.snapshot(name, action, ask, signal),
      ({ present }) => namesOf(present),
    );
    return words;
  }
}

const namesOf = (snapshots: readonly SnapshotView[]) => snapshots.map(({ name }) => name);
