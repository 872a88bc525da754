// What the header of a disk that CKE has not made may name: a guest that once had the file as a raw disk may have written it. The file of
// another VM that it names would be read by this one.
import { dirname, isAbsolute } from "node:path";
import { CkeError } from "@cke/foundation";
import type { ImageInfo } from "../qemu-img/qemu-img-answers.ts";

type Named = Pick<ImageInfo, "backing" | "backingFormat" | "dataFile">;

export interface ChainFiles {
  /** What the header of a base says, which is read with the format that its overlay declares. */
  readonly info: (path: string, format: "qcow2" | "raw") => Promise<Named>;
  readonly exists: (path: string) => Promise<boolean>;
  /** Throws CkeError disk_path for a base that is not in a place where disks may be. */
  readonly checkPlace: (path: string) => Promise<void>;
  /** Throws CkeError disk_busy for a base that another VM writes to. */
  readonly claim: (path: string) => Promise<void>;
}

/** More makes a guest slow, and a circle of bases has no end. */
const mostBases = 16;

/**
 * Checks all bases of the image at `path`, each before anything opens it. Throws CkeError: disk_path for what must not be read,
 * disk_missing for a base that is gone.
 */
export async function checkChain(disk: string, path: string, info: Named, files: ChainFiles): Promise<void> {
  let overlay = path;
  let named = info;
  for (let bases = 0; ; bases += 1) {
    const refuse = (words: string) => {
      throw new CkeError("disk_path", `disk ${disk}: ${overlay} ${words}`);
    };
    if (named.dataFile !== undefined)
      refuse(
        `has its data in another file (${named.dataFile}), which is not allowed: make one file of it: qemu-img convert -O qcow2`,
      );
    const { backing, backingFormat } = named;
    if (backing === undefined || backing === "") return;
    if (bases === mostBases)
      refuse(
        `has a base below ${mostBases} others, and ${mostBases} are allowed: flatten it: qemu-img convert -O qcow2`,
      );
    // QEMU takes what stands before a colon for a protocol, unless a slash comes first.
    if (/^[^/]*:/.test(backing))
      refuse(
        `has the base ${backing}, and only the path of a file or a block device is allowed: qemu-img rebase -u -b PATH -F FORMAT`,
      );
    if (backingFormat !== "qcow2" && backingFormat !== "raw")
      return refuse(
        `has the base ${backing} of ${backingFormat === undefined ? "no declared format" : `the format ${backingFormat}`}, and qcow2 and raw are allowed: declare it: qemu-img rebase -u -b ${backing} -F FORMAT`,
      );
    // Not put in order: after a link, ".." leads elsewhere than its text says.
    const base = isAbsolute(backing) ? backing : `${dirname(overlay)}/${backing}`;
    if (!(await files.exists(base))) {
      const words = `${base}, of which ${overlay} only has what differs, is gone; bring it back from a backup, or remove the disk`;
      throw new CkeError("disk_missing", `disk ${disk}: ${words}`);
    }
    await files.checkPlace(base);
    await files.claim(base);
    if (backingFormat === "raw") return;
    named = await files.info(base, backingFormat);
    overlay = base;
  }
}
