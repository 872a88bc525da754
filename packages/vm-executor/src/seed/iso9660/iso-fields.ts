// Fields of ISO 9660: numbers in both byte orders, dates, tables. Pure.

export const sector = 2_048;
export const sectorsOf = (bytes: number) => Math.ceil(bytes / sector);

/** 32 bits, little-endian and then big-endian. */
export function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

/** 16 bits, little-endian and then big-endian. */
export function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

/** Of a directory record; UTC. */
export function shortDate(date: Date): Buffer {
  const parts = [date.getUTCFullYear() - 1900, date.getUTCMonth() + 1, date.getUTCDate()];
  return Buffer.from([...parts, date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), 0]);
}

/** Of a volume descriptor: digits, then the offset from UTC. */
export function longDate(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "").slice(0, 16);
  return Buffer.concat([Buffer.from(digits, "latin1"), Buffer.from([0])]);
}

/** A date that is not given. */
export const noDate = Buffer.concat([Buffer.from("0".repeat(16), "latin1"), Buffer.from([0])]);

/** UCS-2, big-endian, as Joliet has it. */
export function ucs2(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

/** The path table of a disc whose only directory is its root. */
export function pathTable(root: number, order: "little" | "big"): Buffer {
  const bytes = Buffer.alloc(pathTableBytes);
  bytes.writeUInt8(1, 0);
  if (order === "little") {
    bytes.writeUInt32LE(root, 2);
    bytes.writeUInt16LE(1, 6);
  } else {
    bytes.writeUInt32BE(root, 2);
    bytes.writeUInt16BE(1, 6);
  }
  return bytes;
}

export const pathTableBytes = 10;
