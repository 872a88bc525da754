// A host in memory.
import { CkeError } from "@cke/foundation";
import { directoryProblem, ownerOf } from "../adoption/ownership.ts";
import type { HostAbilities } from "../host/host-abilities.ts";
import type { VmHost } from "../host/vm-host.ts";

export class MemoryVmHost implements VmHost {
  readonly started = new Set<string>();
  readonly directories = new Set<string>();
  readonly locks = new Map<string, string>();
  lockLost = false;
  readonly killed: string[] = [];
  readonly reverted: string[] = [];
  /** The process of the guest that runs. */
  process: number | undefined = 4711;
  outOfMemory = false;
  acceleration: HostAbilities["acceleration"] = { type: "kvm", warning: "" };
  firmwareFailure: Error | undefined;

  readonly abilities: VmHost["abilities"] = async () => ({
    acceleration: this.acceleration,
    weights: false,
    qemuOwner: undefined,
  });
  readonly firmware: VmHost["firmware"] = async ({ boot }) => {
    if (this.firmwareFailure !== undefined) throw this.firmwareFailure;
    return boot?.firmware === "uefi" ? { code: "/ovmf/code", template: "/ovmf/vars" } : undefined;
  };
  readonly checkTpm: VmHost["checkTpm"] = async () => {};
  readonly wasStarted: VmHost["wasStarted"] = async ({ directory }) => this.started.has(directory);
  readonly markStarted: VmHost["markStarted"] = async ({ directory }) => void this.started.add(directory);
  /** By directory and name. */
  readonly notes = new Map<string, string>();
  readonly readNote: VmHost["readNote"] = async ({ directory }, note) => this.notes.get(`${directory}/${note}`);
  readonly writeNote: VmHost["writeNote"] = async ({ directory }, note, text) => {
    if (text === undefined) this.notes.delete(`${directory}/${note}`);
    else this.notes.set(`${directory}/${note}`, text);
  };
  boot = "boot-1";
  readonly bootId: VmHost["bootId"] = async () => this.boot;
  /** Labels of directories. */
  readonly labels = new Map<string, Readonly<Record<string, string>>>();
  readonly directory: VmHost["directory"] = async ({ directory }) => {
    const labels = this.labels.get(directory);
    return labels === undefined ? { kind: "none" } : { kind: "labelled", labels };
  };
  readonly makeDirectories: VmHost["makeDirectories"] = async (place, { labels }) => {
    const problem = directoryProblem(ownerOf(labels), place.directory, await this.directory(place));
    if (problem !== undefined) throw new CkeError("directory_foreign", problem);
    this.directories.add(place.directory);
    this.labels.set(place.directory, labels);
  };
  readonly makeRunDirectory: VmHost["makeRunDirectory"] = async ({ runDirectory }) =>
    void this.directories.add(runDirectory);
  readonly removeRunDirectory: VmHost["removeRunDirectory"] = async ({ runDirectory }) =>
    void this.directories.delete(runDirectory);
  readonly removeDirectories: VmHost["removeDirectories"] = async ({ directory, runDirectory }) => {
    for (const set of [this.directories, this.started, this.labels])
      for (const one of [directory, runDirectory]) set.delete(one);
  };
  readonly lock: VmHost["lock"] = async ({ directory }, executorId) => {
    this.locks.set(directory, executorId);
    return { held: !this.lockLost, release: async () => void this.locks.delete(directory), abandon: () => {} };
  };
  guestProcess: VmHost["guestProcess"] = async () => this.process;
  readonly killGuest: VmHost["killGuest"] = async (uuid) => {
    this.killed.push(uuid);
    this.process = undefined;
  };
  readonly revertDisks: VmHost["revertDisks"] = async (_place, paths, snapshot) => {
    if (this.revertFailure !== undefined) throw this.revertFailure;
    this.reverted.push(`${paths.join(" ")} ${snapshot}`);
  };
  /** What an executor that was killed has left half done; taken by who ends it. */
  halfReverted = "";
  revertFailure: Error | undefined;
  readonly finishRevert: VmHost["finishRevert"] = async () => {
    if (this.revertFailure !== undefined) throw this.revertFailure;
    const words = this.halfReverted;
    this.halfReverted = "";
    if (words !== "") this.reverted.push(`finished ${words}`);
    return words;
  };
  readonly forgetRevert: VmHost["forgetRevert"] = async () => {
    const words = this.halfReverted;
    this.halfReverted = "";
    return words;
  };
  readonly ranOutOfMemory: VmHost["ranOutOfMemory"] = async () => this.outOfMemory;
}
