// UUIDs as Mesos demands them: RFC 4122 version 4, 16 bytes, base64 on the wire. Zeros or arbitrary bytes are refused with
// "Not a valid UUID" (executor UPDATE, scheduler ACKNOWLEDGE).
import { randomUUID } from "node:crypto";

const textForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A new random UUID as 16 bytes in base64. */
export function newUuid(): string {
  return uuidFromText(randomUUID());
}

/** Base64 of a UUID in its usual text form. Throws RangeError when it is not one. */
export function uuidFromText(text: string): string {
  if (!textForm.test(text)) throw new RangeError("not a UUID in text form");
  return Buffer.from(text.replaceAll("-", ""), "hex").toString("base64");
}

/** Text form (lower case) of 16 bytes in base64; undefined when the bytes are not 16. */
export function uuidToText(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== 16) return undefined;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** True for 16 bytes in base64 whose variant is RFC 4122 and whose version is 1 to 5. */
export function isValidUuid(base64: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== 16) return false;
  const version = bytes.readUInt8(6) >> 4;
  return (bytes.readUInt8(8) & 0xc0) === 0x80 && version >= 1 && version <= 5;
}
