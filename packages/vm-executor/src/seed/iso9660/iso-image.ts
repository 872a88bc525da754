// A small disc image (ISO 9660 / ECMA-119) with files in its root directory. Their real names are in it twice: as Rock Ridge names
// (IEEE P1282), which Linux reads, and in a second directory of Joliet, which Windows reads; plain ISO 9660 names have neither
// lower case nor hyphens. Pure.
import { CkeError } from "@cke/foundation";
import { volumeDescriptor, volumeTerminator } from "./iso-descriptors.ts";
import { directoryOf, type IsoFile, jolietRecord, primaryRecord, rockRidgeExtension } from "./iso-directory.ts";
import { pathTable, sector, sectorsOf } from "./iso-fields.ts";

export interface DiscFile {
  /** As the guest sees it: letters, digits, '.', '_' and '-', at most 31. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Disc {
  /** Of the volume: at most 16 characters. */
  readonly label: string;
  readonly files: readonly DiscFile[];
  readonly made: Date;
}

// Sectors of what comes before the files. The first sixteen are the reader's own.
const at = {
  primary: 16,
  joliet: 17,
  end: 18,
  primaryTable: 19,
  jolietTable: 21,
  primaryRoot: 23,
  jolietRoot: 24,
  extension: 25,
  files: 26,
} as const;

/** Throws CkeError seed_invalid when the files do not fit into one directory of one sector, or a name cannot be kept. */
export function isoImage({ files, label, made }: Disc): Uint8Array {
  if (!/^[A-Za-z0-9_]{1,16}$/.test(label))
    throw new CkeError("seed_invalid", "the label of a disc has 1 to 16 letters, digits or '_'");
  const placed = placeFiles(files);
  const size = placed.reduce<number>((sum, { content }) => sum + sectorsOf(content.length), at.files);
  const image = Buffer.alloc(size * sector);
  const put = (place: number, bytes: Uint8Array) => image.set(bytes, place * sector);
  const volume = { label, made, sectors: size };
  put(at.primary, volumeDescriptor({ ...volume, kind: "primary", table: at.primaryTable, root: at.primaryRoot }));
  put(at.joliet, volumeDescriptor({ ...volume, kind: "joliet", table: at.jolietTable, root: at.jolietRoot }));
  put(at.end, volumeTerminator());
  for (const [table, root] of [
    [at.primaryTable, at.primaryRoot],
    [at.jolietTable, at.jolietRoot],
  ] as const) {
    put(table, pathTable(root, "little"));
    put(table + 1, pathTable(root, "big"));
  }
  const extension = rockRidgeExtension();
  const described = { sector: at.extension, bytes: extension.length };
  put(at.primaryRoot, directoryOf(placed, { root: at.primaryRoot, made, record: primaryRecord(described) }));
  put(at.jolietRoot, directoryOf(placed, { root: at.jolietRoot, made, record: jolietRecord }));
  put(at.extension, extension);
  for (const { content, sector: place } of placed) put(place, content);
  return image;
}

function placeFiles(files: readonly DiscFile[]): readonly IsoFile[] {
  const names = new Set<string>();
  let next: number = at.files;
  return files.map(({ content, name }) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/.test(name) || names.has(name))
      throw new CkeError("seed_invalid", `${JSON.stringify(name)} is no name of a file on a disc, or is there twice`);
    names.add(name);
    const place = next;
    next += sectorsOf(content.length);
    return { name, content, sector: place };
  });
}
