// What the executor needs of its host beside libvirt, so that everything else is tested without one.
import type { VmDefinition } from "@cke/protocol";
import type { FoundDirectory } from "../adoption/ownership.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { HostAbilities } from "./host-abilities.ts";

export interface HeldLock {
  /** False while it is lost: nothing may be started. */
  readonly held: boolean;
  release(): Promise<void>;
  /** For a process that ends and leaves its guest: the next executor sees that its owner is gone. */
  abandon(): void;
}

/** What stands in a VM's directory, so that a clean-up finds what it belongs to. */
export interface VmIdentity {
  readonly uuid: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Files in a VM's directory that tell of a move of its guest (move-notes.ts). */
export type MoveNote = "departure" | "arrival";

export interface VmHost {
  abilities(hypervisor: Pick<Hypervisor, "host">, signal: AbortSignal): Promise<HostAbilities>;
  /** Files of the firmware that the definition asks for; undefined for a BIOS. Throws CkeError `firmware_missing`. */
  firmware(definition: VmDefinition): Promise<{ readonly code: string; readonly template: string } | undefined>;
  /** Throws CkeError `tpm_missing`. */
  checkTpm(definition: VmDefinition): Promise<void>;
  /** True when a guest of this instance was started here before: it may run, and its disks hold its data. */
  wasStarted(place: VmPlace): Promise<boolean>;
  /** Called before each start. */
  markStarted(place: VmPlace): Promise<void>;
  /** Undefined when there is none. */
  readNote(place: VmPlace, note: MoveNote): Promise<string | undefined>;
  /** On storage when it resolves. Undefined removes it. */
  writeNote(place: VmPlace, note: MoveNote, text: string | undefined): Promise<void>;
  /** Another one after each start of the host (boot_id of the kernel). */
  bootId(): Promise<string>;
  /** Whose the VM's directory is. */
  directory(place: VmPlace): Promise<FoundDirectory>;
  /** Throws CkeError `directory_foreign` when it is there and not this VM's. */
  makeDirectories(place: VmPlace, identity: VmIdentity): Promise<void>;
  /** Makes the directory of sockets, which QEMU writes into. It says whose it is. */
  makeRunDirectory(place: VmPlace, owner: HostAbilities["qemuOwner"]): Promise<void>;
  /** One of another instance is left alone. */
  removeRunDirectory(place: VmPlace): Promise<void>;
  /** Both directories with all that is in them. The caller has seen that they are this VM's. What says so goes last. */
  removeDirectories(place: VmPlace): Promise<void>;
  /** Throws CkeError `vm_busy` when another executor has the VM and does not end. */
  lock(place: VmPlace, executorId: string, onWait: (words: string) => void, signal: AbortSignal): Promise<HeldLock>;
  /** The process of the guest with this uuid; undefined when there is none. */
  guestProcess(uuid: string): Promise<number | undefined>;
  /** Ends the guest's process without libvirt. Resolves when none is left; throws CkeError `guest_unkillable`. */
  killGuest(uuid: string): Promise<void>;
  /**
   * Puts qcow2 images back to a snapshot that lies in each of them, all or none. Nothing may have them open. Throws CkeError `snapshot_failed`
   * when all are as they were, `revert_unfinished` when that could not be done yet.
   */
  revertDisks(place: VmPlace, paths: readonly string[], snapshot: string): Promise<void>;
  /** Ends what an executor that was killed has begun of that. Words on what came of it; "" when there was nothing. */
  finishRevert(place: VmPlace): Promise<string>;
  /** Ends it for disks that a guest uses, as they are. Words as above. */
  forgetRevert(place: VmPlace): Promise<string>;
  /** True when the kernel's log says that it killed this process because memory was short. */
  ranOutOfMemory(pid: number): Promise<boolean>;
}
