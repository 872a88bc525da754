// What the executor needs of a VM's disks. Implementations throw CkeError: its code is the `cause` of the report (image_not_found,
// image_unreachable, image_checksum, image_format, disk_full, disk_missing, disk_busy, …), its message says what to do.
import type { VmBoot, VmDisk } from "@cke/protocol";
import type { PortWork, VmPlace } from "./vm-place.ts";

/** A disk that is there, as the domain uses it. */
export interface PreparedDisk {
  /** VmDisk.name. */
  readonly name: string;
  /** Absolute; "" for a cdrom drive without a disc. */
  readonly path: string;
  readonly format: "qcow2" | "raw";
  /** 0 when there is no disc. */
  readonly sizeMib: number;
}

/** Files of a boot of type "kernel"; the initrd is "" when there is none. */
export interface PreparedKernel {
  readonly kernel: string;
  readonly initrd: string;
}

/** What a disk has now, for the report. */
export interface DiskFacts {
  readonly sizeMib: number;
  /** Of the host's storage. */
  readonly allocatedMib: number;
  /** Empty when all is well. */
  readonly problem: string;
}

/** Disks of another VM on this host, of which those of a clone are made. */
export interface DiskCopy {
  readonly source: VmPlace;
  /** Of each disk, which a guest may go on to write to; "": the disks as they are, while nothing uses them. */
  readonly snapshot: string;
  /** By name of the disks that are copied: the format of the source's. */
  readonly formats: ReadonlyMap<string, PreparedDisk["format"]>;
  /** Names of files beside the disks that go with them, where the source has them. */
  readonly files: readonly string[];
}

export interface DiskProof {
  /** Of the disk. */
  readonly name: string;
  /** "": its claim is not the VM's, or says nothing. */
  readonly proof: string;
}

export interface Disks {
  /**
   * Makes those disks of a clone that are not there yet, as whole copies; `prepare` follows. `begun`: its guest was started before, so that
   * nothing is copied any more. Throws CkeError clone_source, clone_snapshot, disk_busy, disk_full; disk_missing for one that is gone since.
   */
  copy(disks: readonly VmDisk[], copy: DiskCopy, place: VmPlace, begun: boolean, work: PortWork): Promise<void>;
  /**
   * Fetches images and makes the disks that are not there yet; grows those that are smaller than asked for. What is there is kept as
   * it is, so that it may be called before every start. Never shrinks, never touches a disk that something else uses. The domain
   * must not run. In the order of `disks`.
   */
  prepare(disks: readonly VmDisk[], place: VmPlace, work: PortWork): Promise<readonly PreparedDisk[]>;
  /** Of a boot of type "kernel". */
  prepareKernel(boot: VmBoot, place: VmPlace, work: PortWork): Promise<PreparedKernel>;
  /**
   * One more disk for a domain that runs: made as by `prepare`. One that exists is not grown: the caller does that through the domain.
   */
  prepareLive(disk: VmDisk, place: VmPlace, work: PortWork): Promise<PreparedDisk>;
  /** Claims the shared disks that are there already, of a guest that has come with them, and their bases. Throws CkeError disk_busy, disk_missing. */
  claim(disks: readonly VmDisk[], place: VmPlace, signal: AbortSignal): Promise<void>;
  /**
   * Names of those of these shared disks whose claim, as this host reads it, is not this VM's: it sees other files there than the host that
   * has the guest. Claims of block devices are not seen by other hosts, and count as its own.
   */
  unclaimed(disks: readonly VmDisk[], place: VmPlace): Promise<readonly string[]>;
  /**
   * Writes something new into the claims of these shared disks. Names of those that have it: not block devices. Throws CkeError disk_busy,
   * lock_failed.
   */
  prove(disks: readonly VmDisk[], place: VmPlace, proof: string, signal: AbortSignal): Promise<readonly string[]>;
  /** What this host reads there. */
  proofs(disks: readonly VmDisk[], place: VmPlace): Promise<readonly DiskProof[]>;
  /** Where CKE has the disk, whether or not it is there: for an adopted domain. */
  locate(disk: VmDisk, place: VmPlace): PreparedDisk;
  describe(disk: PreparedDisk): Promise<DiskFacts>;
  /** Removes one disk that CKE has made; one with a `path` of its own is left alone. Nothing to do is no error. */
  removeDisk(name: string, place: VmPlace): Promise<void>;
  /** Removes everything that CKE has made for the VM's disks, and forgets its use of images. Nothing to do is no error. */
  remove(place: VmPlace): Promise<void>;
}
