// The disks of one virtual machine on this host. One executor at a time changes them (a lock that ends with its process); what is
// not whole has another name, and what is whole is never made again.

import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmBoot, VmDisk } from "@cke/protocol";
import type { ImageStore } from "../images/image-store.ts";
import type { DiskCopy, DiskFacts, DiskProof, Disks, PreparedDisk, PreparedKernel } from "../ports/disks.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import type { ImageInfo } from "../qemu-img/qemu-img-answers.ts";
import { storageError } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";
import { checkChain } from "./disk-chain.ts";
import { claimBase, claimDisk, isClaimedBy, isDevice, proveDisk, readProof, releaseDisk } from "./disk-claim.ts";
import { copyDisks, type MissingDisk } from "./disk-copier.ts";
import { diskFacts } from "./disk-facts.ts";
import { bootFile, discOf, disksDirectory, disksLock, isCdrom, locateDisk, madeDisk } from "./disk-files.ts";
import { DiskMaker, unfinished } from "./disk-maker.ts";
import { checkDiskPlace } from "./disk-places.ts";
import { readDiskRecord, recordOf, writeDiskRecord } from "./disk-record.ts";
import { mebibytes } from "./disk-size.ts";
import { exists, presentDisk } from "./present-disk.ts";
import { dropImage, noteUses, VmImages } from "./vm-images.ts";

export interface VmDisksOptions {
  readonly images: Pick<ImageStore, "give">;
  readonly qemuImg: QemuImg;
  /** Name of this host, for claims that other hosts read. */
  readonly host: string;
  /** Directories below which a disk may have a path of its own. */
  readonly diskPaths: readonly string[];
}

export class VmDisks implements Disks {
  readonly #options: VmDisksOptions;
  readonly #maker: DiskMaker;
  readonly #images: VmImages;

  constructor(options: VmDisksOptions) {
    this.#options = options;
    this.#maker = new DiskMaker(options.qemuImg);
    this.#images = new VmImages(options.images);
  }

  async copy(disks: readonly VmDisk[], copy: DiskCopy, place: VmPlace, begun: boolean, work: PortWork): Promise<void> {
    const copied = disks.filter(({ name, path, role }) => copy.formats.has(name) && path === "" && role !== "cdrom");
    await this.#locked(place, work.signal, async (signal) => {
      const missing: MissingDisk[] = [];
      for (const { name, format, path } of copied.map((disk) => locateDisk(disk, place)))
        if (!(await exists(path))) missing.push({ name, format, path });
      const [first] = missing;
      if (first === undefined) return;
      if (begun) {
        const words = `disk ${first.name} is gone: ${first.path}; it was copied of ${copy.source.vm} once, and is not copied again: bring it back from a backup, or remove the disk`;
        throw new CkeError("disk_missing", words);
      }
      await copyDisks(missing, copy, place, { ...work, signal }, this.#options.qemuImg);
    });
  }

  async prepare(disks: readonly VmDisk[], place: VmPlace, work: PortWork): Promise<readonly PreparedDisk[]> {
    return this.#locked(place, work.signal, async (signal) => {
      const prepared: PreparedDisk[] = [];
      for (const disk of disks) prepared.push(await this.#ready(disk, place, { ...work, signal }, true));
      return prepared;
    });
  }

  async claim(disks: readonly VmDisk[], place: VmPlace, signal: AbortSignal): Promise<void> {
    const named = disks.filter(({ path }) => path !== "");
    await this.#locked(place, signal, async (both) => {
      for (const disk of named)
        if (!disk.readOnly && !isCdrom(disk)) await this.#claim(disk, locateDisk(disk, place).path, place, both);
      for (const disk of named) {
        const { path, format } = locateDisk(disk, place);
        // A guest that runs has it.
        const info = await this.#options.qemuImg.info(path, format, { signal: both, shared: true });
        await this.#claimBases(disk, info, place, both);
      }
    });
  }

  async unclaimed(disks: readonly VmDisk[], place: VmPlace): Promise<readonly string[]> {
    const names: string[] = [];
    for (const disk of disks) if (!(await isClaimedBy(locateDisk(disk, place).path, place))) names.push(disk.name);
    return names;
  }

  async prove(
    disks: readonly VmDisk[],
    place: VmPlace,
    proof: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const names: string[] = [];
    const by = { host: this.#options.host, proof };
    for (const disk of disks)
      if (await proveDisk(locateDisk(disk, place).path, place, by, signal)) names.push(disk.name);
    return names;
  }

  async proofs(disks: readonly VmDisk[], place: VmPlace): Promise<readonly DiskProof[]> {
    const read = async (disk: VmDisk) => ({
      name: disk.name,
      proof: await readProof(locateDisk(disk, place).path, place),
    });
    return await Promise.all(disks.map(read));
  }

  async prepareLive(disk: VmDisk, place: VmPlace, work: PortWork): Promise<PreparedDisk> {
    return this.#locked(place, work.signal, (signal) => this.#ready(disk, place, { ...work, signal }, false));
  }

  async prepareKernel(boot: VmBoot, place: VmPlace, work: PortWork): Promise<PreparedKernel> {
    return this.#locked(place, work.signal, async (signal) => {
      const file = async (name: "kernel" | "initrd", source: string, sha256: string) => {
        if (source === "") return "";
        const wish = {
          image: { source, sha256, format: "" },
          use: `${name}:`,
          purpose: "kernel",
          path: bootFile(place, name),
        } as const;
        return (await this.#images.file(wish, place, { ...work, signal })).path;
      };
      const kernel = await file("kernel", boot.kernel, boot.kernelSha256);
      return { kernel, initrd: await file("initrd", boot.initrd, boot.initrdSha256) };
    });
  }

  locate(disk: VmDisk, place: VmPlace): PreparedDisk {
    return locateDisk(disk, place);
  }

  describe(disk: PreparedDisk): Promise<DiskFacts> {
    return diskFacts(disk);
  }

  async removeDisk(name: string, place: VmPlace): Promise<void> {
    if (!(await exists(disksDirectory(place)))) return;
    await this.#locked(place, new AbortController().signal, async () => {
      const record = await recordOf(place);
      const isIts = (use: string) => use === name || use.startsWith(`${name}:`);
      const claims = Object.fromEntries(Object.entries(record.claims).filter(([use]) => !isIts(use)));
      const others = new Set(Object.values(claims));
      for (const [use, path] of Object.entries(record.claims))
        if (isIts(use) && !others.has(path)) await releaseDisk(path, place, this.#options.host);
      for (const path of [madeDisk(place, name, "qcow2"), madeDisk(place, name, "raw"), discOf(place, name)])
        await rm(path, { force: true });
      await writeDiskRecord(place, await dropImage({ ...record, claims }, name, place));
    });
  }

  async remove(place: VmPlace): Promise<void> {
    if (!(await exists(place.directory))) return;
    const lock = await HostLock.acquire(disksLock(place), { signal: new AbortController().signal });
    try {
      const directory = disksDirectory(place);
      const record = await recordOf(place);
      for (const claimed of new Set(Object.values(record.claims)))
        await releaseDisk(claimed, place, this.#options.host);
      await noteUses(record, place);
      // From here on nothing of it is used again, also when this process dies in between.
      if (await exists(directory)) await rename(directory, `${directory}.removed-${randomUUID()}`);
      await dropRemoved(place);
    } finally {
      await lock.release({ remove: true });
    }
  }

  /** Under the lock of the VM's disks, with a record of them, and without what an earlier attempt has left. */
  async #locked<T>(place: VmPlace, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const directory = disksDirectory(place);
    try {
      await mkdir(place.directory, { recursive: true, mode: 0o711 });
      const lock = await HostLock.acquire(disksLock(place), { signal });
      try {
        await dropRemoved(place);
        await mkdir(directory, { recursive: true, mode: 0o711 });
        // An emulator that runs as another user passes through here to the files that it was given.
        for (const path of [place.directory, directory]) await chmod(path, 0o711);
        if ((await readDiskRecord(place)) === undefined) await writeDiskRecord(place, await recordOf(place));
        for (const name of await readdir(directory))
          if (name.includes(unfinished)) await rm(join(directory, name), { force: true });
        return await work(AbortSignal.any([signal, lock.lost]));
      } finally {
        await lock.release();
      }
    } catch (error) {
      throw storageError(error, `the disks of ${place.vm}`, directory);
    }
  }

  async #ready(disk: VmDisk, place: VmPlace, work: PortWork, grow: boolean): Promise<PreparedDisk> {
    const { qemuImg } = this.#options;
    const at = locateDisk(disk, place);
    if (at.path === "") return at;
    if (disk.path !== "") return this.#foreign(disk, place, work, grow);
    if (isCdrom(disk)) return this.#disc(disk, at, place, work);
    if (await exists(at.path)) return presentDisk(qemuImg, { disk, place: at, grow }, work);
    const other = at.format === "qcow2" ? "raw" : "qcow2";
    if (await exists(madeDisk(place, disk.name, other))) {
      const words = `disk ${disk.name} is ${other} and stays so: ask for ${other}, or remove the disk first`;
      throw new CkeError("disk_format", words);
    }
    const base = disk.image && (await this.#images.base(disk.image, disk.name, place, work));
    return this.#maker.make({ disk, path: at.path, format: at.format, base }, work);
  }

  async #claim({ name }: VmDisk, path: string, place: VmPlace, signal: AbortSignal): Promise<void> {
    await noteClaim(name, path, place);
    await claimDisk(path, place, this.#options.host, signal);
  }

  /** A disk that CKE has not made. */
  async #foreign(disk: VmDisk, place: VmPlace, work: PortWork, grow: boolean): Promise<PreparedDisk> {
    const at = locateDisk(disk, place);
    if (!(await exists(at.path))) {
      const words = `disk ${disk.name}: ${at.path} is not on this host; make it, mount its storage, or correct the path`;
      throw new CkeError("disk_missing", words, { retryable: true });
    }
    const { diskPaths, qemuImg } = this.#options;
    await checkDiskPlace({ what: `disk ${disk.name}`, path: at.path }, diskPaths, place);
    const readOnly = disk.readOnly || isCdrom(disk);
    if (!readOnly) {
      if (disk.shared && !disk.fenced && (await isDevice(at.path))) {
        const words = `disk ${disk.name}: ${at.path} is a block device that several hosts share, and no lock keeps two of them from it`;
        const remedy =
          "set fenced when a host that is lost is cut off from it, or use a file on storage with locks (NFS 4)";
        throw new CkeError("disk_unfenced", `${words}; ${remedy}`);
      }
      await this.#claim(disk, at.path, place, work.signal);
    }
    const checkNamed = async (info: ImageInfo) => await this.#claimBases(disk, info, place, work.signal);
    return presentDisk(qemuImg, { disk: { ...disk, readOnly }, place: at, grow, checkNamed }, work);
  }

  /** Of a disk that CKE has not made; each is checked first. */
  async #claimBases(disk: VmDisk, info: ImageInfo, place: VmPlace, signal: AbortSignal): Promise<void> {
    const { qemuImg, diskPaths, host } = this.#options;
    const { name } = disk;
    await checkChain(name, locateDisk(disk, place).path, info, {
      // A base is read only, and other guests may read it too.
      info: (path, format) => qemuImg.info(path, format, { signal, shared: true }),
      exists,
      checkPlace: (path) => checkDiskPlace({ what: `the base of disk ${name}`, path }, diskPaths, place),
      claim: async (base) => {
        const path = await realpath(base);
        await noteClaim(`${name}:${path}`, path, place);
        await claimBase(path, place, host, signal);
      },
    });
  }

  async #disc(disk: VmDisk, at: PreparedDisk, place: VmPlace, work: PortWork): Promise<PreparedDisk> {
    if (disk.image === undefined) return at;
    const wish = { image: disk.image, use: disk.name, purpose: "disk", path: at.path } as const;
    const given = await this.#images.file(wish, place, work);
    if (given.format === "raw") return { ...at, sizeMib: mebibytes(given.virtualBytes) };
    await rm(at.path, { force: true });
    throw new CkeError(
      "image_format",
      `disc ${disk.name}: its image is ${given.format}, and a disc must be raw (an ISO file)`,
    );
  }
}

/** Before it is claimed, so that a claim is released also when this process dies in between. */
async function noteClaim(use: string, path: string, place: VmPlace): Promise<void> {
  const record = await recordOf(place);
  await writeDiskRecord(place, { ...record, claims: { ...record.claims, [use]: path } });
}

/** What an earlier removal has not finished. */
async function dropRemoved(place: VmPlace): Promise<void> {
  const gone = `${basename(disksDirectory(place))}.removed-`;
  for (const name of await readdir(place.directory))
    if (name.startsWith(gone)) await rm(join(place.directory, name), { recursive: true, force: true });
}
