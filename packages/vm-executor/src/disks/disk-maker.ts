// Makes disks that are not there: beside their place, renamed when they are whole.
import { randomUUID } from "node:crypto";
import { chmod, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { VmDisk } from "@cke/protocol";
import type { GivenImage } from "../images/image-store.ts";
import type { PreparedDisk } from "../ports/disks.ts";
import type { PortWork } from "../ports/vm-place.ts";
import type { DiskFormat, QemuImg } from "../qemu-img/qemu-img.ts";
import { publishFile } from "../storage/durable-file.ts";
import { storageError } from "../storage/file-errors.ts";
import { freeBytes, lacksRoom } from "../storage/free-space.ts";
import { mebibytes, newDiskBytes } from "./disk-size.ts";

/** Mark in the name of what is not whole. */
export const unfinished = ".making-";

export interface NewDisk {
  readonly disk: VmDisk;
  readonly path: string;
  readonly format: DiskFormat;
  /** In the directory of `path`; undefined: the disk is empty. */
  readonly base: GivenImage | undefined;
}

export class DiskMaker {
  readonly #qemuImg: QemuImg;

  constructor(qemuImg: QemuImg) {
    this.#qemuImg = qemuImg;
  }

  /** Throws CkeError: disk_size, disk_full, … */
  async make(wish: NewDisk, work: PortWork): Promise<PreparedDisk> {
    const { base, disk, format, path } = wish;
    const bytes = newDiskBytes(disk, base?.virtualBytes);
    const draft = `${path}${unfinished}${randomUUID()}`;
    work.progress("disks", `making disk ${disk.name}`);
    try {
      if (base === undefined) await this.#qemuImg.create(draft, format, bytes, work.signal);
      else if (format === "raw") await this.#copy(base, draft, bytes, wish, work);
      // The name of the base is relative: the VM's directory may be moved as a whole.
      else
        await this.#qemuImg.createOverlay(
          draft,
          { path: basename(base.path), format: base.format },
          bytes,
          work.signal,
        );
      await chmod(draft, 0o600);
      await publishFile(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw storageError(error, `disk ${disk.name}`, dirname(path));
    }
    return { name: disk.name, path, format, sizeMib: mebibytes(bytes) };
  }

  async #copy(base: GivenImage, draft: string, bytes: number, { disk, path }: NewDisk, work: PortWork): Promise<void> {
    const directory = dirname(path);
    const needed = await this.#qemuImg.measure(base, "raw", work.signal);
    const lack = lacksRoom({ what: `disk ${disk.name}`, needed, free: await freeBytes(directory), directory });
    if (lack !== undefined) throw lack;
    let told = -1;
    const onPercent = (percent: number) => {
      if (Math.floor(percent) === told) return;
      told = Math.floor(percent);
      work.progress("disks", `copying the image to disk ${disk.name} (${told} %)`);
    };
    await this.#qemuImg.convert(base, { path: draft, format: "raw" }, { signal: work.signal, onPercent });
    if (bytes > base.virtualBytes) await this.#qemuImg.grow(draft, "raw", bytes, work.signal);
  }
}
