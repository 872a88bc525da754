// The descriptors of a disc's volume. Pure.
import { directoryRecord } from "./iso-directory.ts";
import { both16, both32, longDate, noDate, pathTableBytes, sector, ucs2 } from "./iso-fields.ts";

export interface Volume {
  readonly kind: "primary" | "joliet";
  readonly label: string;
  readonly sectors: number;
  /** Of the path table in little-endian order; the other one follows. */
  readonly table: number;
  readonly root: number;
  readonly made: Date;
}

/** UCS-2 level 3, the escape sequence by which Joliet is known. */
const jolietEscape = "%/E";

export function volumeDescriptor({ kind, label, made, root, sectors, table }: Volume): Buffer {
  const joliet = kind === "joliet";
  const text = (words: string, bytes: number) => {
    const field = joliet
      ? ucs2(words.padEnd(bytes / 2, " ")).subarray(0, bytes)
      : Buffer.from(words.padEnd(bytes, " "), "latin1");
    return Buffer.concat([field, Buffer.alloc(bytes - field.length)]);
  };
  const bytes = Buffer.alloc(sector);
  const put = (at: number, field: Uint8Array) => bytes.set(field, at);
  bytes.writeUInt8(joliet ? 2 : 1, 0);
  put(1, Buffer.from("CD001\u0001", "latin1"));
  put(8, text("", 32)); // system
  put(40, text(label, 32));
  put(80, both32(sectors));
  if (joliet) put(88, Buffer.from(jolietEscape, "latin1"));
  put(120, both16(1)); // volumes of the set
  put(124, both16(1)); // this one's number
  put(128, both16(sector));
  put(132, both32(pathTableBytes));
  bytes.writeUInt32LE(table, 140);
  bytes.writeUInt32BE(table + 1, 148);
  put(156, directoryRecord({ identifier: Buffer.from([0]), sector: root, bytes: sector, made, directory: true }));
  put(190, text("", 128)); // set
  put(318, text("", 128)); // publisher
  put(446, text("", 128)); // preparer
  put(574, text("CKE", 128)); // application
  put(702, text("", 37 * 3)); // files with a copyright, an abstract, a bibliography
  put(813, longDate(made));
  put(830, longDate(made));
  put(847, noDate);
  put(864, noDate);
  bytes.writeUInt8(1, 881); // structure of files
  return bytes;
}

export function volumeTerminator(): Buffer {
  return Buffer.from("\u00ffCD001\u0001", "latin1");
}
