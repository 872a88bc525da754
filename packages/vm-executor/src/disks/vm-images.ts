// The images of one virtual machine: which it was given, for what, and from where. The caller has the lock of the VM's disks.
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { VmImage } from "@cke/protocol";
import { touch } from "../images/image-cache.ts";
import type { GivenImage, ImagePurpose, ImageStore } from "../images/image-store.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import { isMissing } from "../storage/file-errors.ts";
import { diskFacts } from "./disk-facts.ts";
import { baseName, disksDirectory } from "./disk-files.ts";
import { type DiskRecord, recordOf, writeDiskRecord } from "./disk-record.ts";
import { mebibyte } from "./disk-size.ts";
import { exists } from "./present-disk.ts";

export interface FileWish {
  readonly image: VmImage;
  /** For what the VM has it: a key of the record. */
  readonly use: string;
  readonly purpose: ImagePurpose;
  readonly path: string;
}

export class VmImages {
  readonly #images: Pick<ImageStore, "give">;

  constructor(images: Pick<ImageStore, "give">) {
    this.#images = images;
  }

  /** An image for disks that are made on top of it; its name in the VM's directory follows from its content. */
  async base(image: VmImage, use: string, place: VmPlace, work: PortWork): Promise<GivenImage> {
    const name = (sha256: string) => join(disksDirectory(place), baseName(sha256));
    const given = await this.#images.give(image, "disk", name, work);
    await this.#note(image, use, given, place);
    return given;
  }

  /** An image that is used as it is. When this VM was given it before, its source is not asked again. */
  async file({ image, path, purpose, use }: FileWish, place: VmPlace, work: PortWork): Promise<GivenImage> {
    const before = (await recordOf(place)).images[use];
    if (before?.source === image.source && before.sha256 === image.sha256 && (await exists(path))) {
      const { sizeMib } = await diskFacts({ name: use, path, format: "raw", sizeMib: 0 });
      return { path, format: "raw", virtualBytes: sizeMib * mebibyte };
    }
    const given = await this.#images.give(image, purpose, () => path, work);
    await this.#note(image, use, given, place);
    return given;
  }

  async #note({ sha256, source }: VmImage, use: string, { path }: GivenImage, place: VmPlace): Promise<void> {
    const record = await recordOf(place);
    const images = { ...record.images, [use]: { source, sha256, file: basename(path) } };
    await writeDiskRecord(place, { ...record, images });
  }
}

/** The record without this use of an image, which goes when nothing else of the VM uses it. */
export async function dropImage(record: DiskRecord, use: string, place: VmPlace): Promise<DiskRecord> {
  const { [use]: dropped, ...images } = record.images;
  if (dropped === undefined) return record;
  if (!Object.values(images).some(({ file }) => file === dropped.file)) {
    const path = join(disksDirectory(place), dropped.file);
    await noteUse(path);
    await rm(path, { force: true });
  }
  return { ...record, images };
}

/** All images of the VM were in use until now, so that the cache keeps them for a while. */
export async function noteUses(record: DiskRecord, place: VmPlace): Promise<void> {
  for (const { file } of Object.values(record.images)) await noteUse(join(disksDirectory(place), file));
}

async function noteUse(path: string): Promise<void> {
  try {
    await touch(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
