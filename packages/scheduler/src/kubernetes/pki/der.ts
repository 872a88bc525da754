// The part of DER (ITU-T X.690) that certificates need: writes values, and finds the values of a certificate.

const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

/** A value with this tag and these contents. */
function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([tag]), lengthOf(size), ...contents]);
}

export const sequence = (...items: readonly Uint8Array[]) => tagged(tags.sequence, ...items);
export const set = (...items: readonly Uint8Array[]) => tagged(tags.set, ...items);
export const octets = (bytes: Uint8Array) => tagged(tags.octetString, bytes);
export const utf8 = (text: string) => tagged(tags.utf8String, Buffer.from(text, "utf8"));
export const boolean = (value: boolean) => Buffer.from([0x01, 0x01, value ? 0xff : 0x00]);
/** `[n]` around a value, constructed. */
export const explicit = (n: number, value: Uint8Array) => tagged(0xa0 | n, value);
/** `[n]` instead of a primitive value's own tag. */
export const implicit = (n: number, contents: Uint8Array) => tagged(0x80 | n, contents);

/** A number that is not negative, big endian, as short as DER requires. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  // The highest bit is the sign.
  return tagged(tags.integer, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), digits);
}

/** `unused`: number of unused bits at the end of the last byte. */
export const bits = (bytes: Uint8Array, unused = 0) => tagged(tags.bitString, Buffer.from([unused]), bytes);

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f));
    return digits;
  });
  return tagged(tags.objectIdentifier, Buffer.from(arcs));
}

/** To the second. Before 2050 the year has two digits, as RFC 5280 §4.1.2.5 requires. */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return text < "2050"
    ? tagged(tags.utcTime, Buffer.from(text.slice(2)))
    : tagged(tags.generalizedTime, Buffer.from(text));
}

/** The place of one value in the bytes that contain it. */
export interface Place {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Buffer;
  readonly contents: Buffer;
}

/** The values that follow each other. Throws when they are cut off. */
export function valuesIn(bytes: Buffer): readonly Place[] {
  const values: Place[] = [];
  let from = 0;
  while (from < bytes.length) {
    const first = bytes.readUInt8(from + 1);
    const digits = first < 0x80 ? 0 : first & 0x7f;
    const length = digits === 0 ? first : bytes.readUIntBE(from + 2, digits);
    const start = from + 2 + digits;
    const end = start + length;
    if (end > bytes.length) throw new RangeError("a DER value is longer than the bytes that hold it");
    values.push({ tag: bytes.readUInt8(from), whole: bytes.subarray(from, end), contents: bytes.subarray(start, end) });
    from = end;
  }
  return values;
}
