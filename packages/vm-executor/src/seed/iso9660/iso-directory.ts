// The directories of a disc, and what Rock Ridge adds to them. Pure.
import { CkeError } from "@cke/foundation";
import { both16, both32, sector, shortDate, ucs2 } from "./iso-fields.ts";

export interface IsoFile {
  readonly name: string;
  readonly content: Uint8Array;
  /** Where its content begins. */
  readonly sector: number;
}

export interface RecordFields {
  readonly identifier: Uint8Array;
  readonly sector: number;
  readonly bytes: number;
  readonly made: Date;
  readonly directory: boolean;
  readonly extension?: Uint8Array;
}

export function directoryRecord({
  bytes,
  directory,
  extension,
  identifier,
  made,
  sector: place,
}: RecordFields): Buffer {
  const pad = identifier.length % 2 === 0 ? 1 : 0; // the part behind the identifier begins at an even place
  const length = 33 + identifier.length + pad + (extension?.length ?? 0);
  const even = length + (length % 2);
  const record = Buffer.alloc(even);
  record.writeUInt8(even, 0);
  record.set(both32(place), 2);
  record.set(both32(bytes), 10);
  record.set(shortDate(made), 18);
  record.writeUInt8(directory ? 2 : 0, 25);
  record.set(both16(1), 28);
  record.writeUInt8(identifier.length, 32);
  record.set(identifier, 33);
  if (extension !== undefined) record.set(extension, 33 + identifier.length + pad);
  return record;
}

/** How an entry is called in one of the directories, and what else is said of it. */
export interface EntryStyle {
  readonly identifier: (name: string, position: number) => Uint8Array;
  readonly extension: (entry: "self" | "parent" | IsoFile) => Uint8Array | undefined;
}

export interface DirectoryPlan {
  readonly root: number;
  readonly made: Date;
  readonly record: EntryStyle;
}

/** Throws CkeError seed_invalid when it is larger than a sector. */
export function directoryOf(files: readonly IsoFile[], { made, record, root }: DirectoryPlan): Buffer {
  const folder = (entry: "self" | "parent") => {
    const extension = record.extension(entry);
    const identifier = Buffer.from([entry === "self" ? 0 : 1]);
    return directoryRecord({
      identifier,
      sector: root,
      bytes: sector,
      made,
      directory: true,
      ...(extension && { extension }),
    });
  };
  const named = files
    .map((file, position) => ({ file, identifier: record.identifier(file.name, position) }))
    .toSorted((a, b) => Buffer.compare(a.identifier, b.identifier))
    .map(({ file, identifier }) => {
      const extension = record.extension(file);
      const fields = { identifier, sector: file.sector, bytes: file.content.length, made, directory: false };
      return directoryRecord({ ...fields, ...(extension && { extension }) });
    });
  const all = Buffer.concat([folder("self"), folder("parent"), ...named]);
  if (all.length > sector)
    throw new CkeError("seed_invalid", `a disc of CKE has room for about ten files, and not for ${files.length}`);
  return all;
}

export const jolietRecord: EntryStyle = { identifier: (name) => ucs2(name), extension: () => undefined };

/** `extension`: where the description of Rock Ridge is. */
export function primaryRecord(extension: { readonly sector: number; readonly bytes: number }): EntryStyle {
  return {
    identifier: (name, position) =>
      Buffer.from(
        `${name
          .toUpperCase()
          .replace(/[^A-Z0-9]/g, "_")
          .slice(0, 6)}${position % 10}_.;1`,
        "latin1",
      ),
    extension: (entry) => {
      if (entry === "self")
        return Buffer.concat([sharingProtocol, rockRidge(px), attributes(true), continuation(extension)]);
      if (entry === "parent") return Buffer.concat([rockRidge(px), attributes(true)]);
      return Buffer.concat([rockRidge(px | nm), attributes(false), alternateName(entry.name)]);
    },
  };
}

// System Use Sharing Protocol: two letters, the length with these four bytes, a version, the content.
const entry = (signature: string, ...content: readonly Uint8Array[]) => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from(signature, "latin1"), Buffer.from([4 + body.length, 1]), body]);
};
const sharingProtocol = entry("SP", Buffer.from([0xbe, 0xef, 0]));
/** Which entries of Rock Ridge a record has. */
const px = 1;
const nm = 8;
const rockRidge = (has: number) => entry("RR", Buffer.from([has]));
/** Mode, links, owner and group, which are root's. Only root reads what is on the disc. */
const attributes = (directory: boolean) =>
  entry("PX", both32(directory ? 0o040500 : 0o100400), both32(directory ? 2 : 1), both32(0), both32(0));
const alternateName = (name: string) => entry("NM", Buffer.from([0]), Buffer.from(name, "latin1"));
const continuation = ({ sector: place, bytes }: { readonly sector: number; readonly bytes: number }) =>
  entry("CE", both32(place), both32(0), both32(bytes));

/** The description by which readers know Rock Ridge. */
export function rockRidgeExtension(): Buffer {
  const id = Buffer.from("RRIP_1991A", "latin1");
  const words = Buffer.from("Rock Ridge names and attributes", "latin1");
  const source = Buffer.from("IEEE P1282", "latin1");
  return entry("ER", Buffer.from([id.length, words.length, source.length, 1]), id, words, source);
}
