// Writes XDR (RFC 4506): words of four bytes, big endian. What does not fit is refused with the name of its field.
import { CkeError } from "@cke/foundation/cke-error";
import { stringMost } from "./limits.ts";
import { type TypedParam, typeNumbers } from "./typed-param.ts";

const refuse = (field: string, words: string): never => {
  throw new CkeError("libvirt_argument", `libvirt call: ${field} ${words}`, { status: 400 });
};

export class XdrWriter {
  #buffer: Buffer;
  #at: number;

  /** `reserved`: bytes left free at the beginning, for a header. */
  constructor(reserved = 0) {
    this.#buffer = Buffer.alloc(Math.max(256, reserved));
    this.#at = reserved;
  }

  /** What was written, with the reserved bytes. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  int(value: number, field: string): void {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31)
      refuse(field, "must be an integer of 32 bits");
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
  }

  uint(value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32)
      refuse(field, "must be an integer from 0 to 4294967295");
    this.#at = this.#room(4).writeUInt32BE(value, this.#at);
  }

  hyper(value: number, field: string): void {
    if (!Number.isSafeInteger(value)) refuse(field, `must be an integer from -${2 ** 53 - 1} to ${2 ** 53 - 1}`);
    this.#at = this.#room(8).writeBigInt64BE(BigInt(value), this.#at);
  }

  uhyper(value: number, field: string): void {
    if (!Number.isSafeInteger(value) || value < 0) refuse(field, `must be an integer from 0 to ${2 ** 53 - 1}`);
    this.#at = this.#room(8).writeBigUInt64BE(BigInt(value), this.#at);
  }

  double(value: number): void {
    this.#at = this.#room(8).writeDoubleBE(value, this.#at);
  }

  string(value: string, field: string): void {
    // A NUL would end the string in the daemon, which is written in C.
    if (value.includes("\0")) refuse(field, "must not contain the character NUL");
    this.bytes(Buffer.from(value), stringMost, field);
  }

  bytes(value: Uint8Array, most: number, field: string): void {
    if (value.length > most) refuse(field, `has ${value.length} bytes, at most ${most}`);
    this.uint(value.length, field);
    this.#opaque(value);
  }

  chars(value: string, count: number, field: string): void {
    if (value.length >= count) refuse(field, `has ${value.length} characters, at most ${count - 1}`);
    for (let index = 0; index < count; index += 1) this.int(value.charCodeAt(index) || 0, field);
  }

  /** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in 16 bytes. */
  uuid(value: string, field: string): void {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) refuse(field, "must be a UUID");
    this.#opaque(Buffer.from(value.replaceAll("-", ""), "hex"));
  }

  optional<T>(value: T | undefined, write: (value: T) => void): void {
    this.uint(value === undefined ? 0 : 1, "");
    if (value !== undefined) write(value);
  }

  list<T>(values: readonly T[], most: number, field: string, write: (value: T) => void): void {
    if (values.length > most) refuse(field, `has ${values.length} items, at most ${most}`);
    this.uint(values.length, field);
    for (const value of values) write(value);
  }

  param({ field, type, value }: TypedParam, label: string): void {
    this.string(field, label);
    this.int(typeNumbers[type], label);
    if (type === "string") this.string(String(value), field);
    else if (type === "boolean") this.int(value ? 1 : 0, field);
    else if (type === "double") this.double(Number(value));
    else if (type === "int") this.int(Number(value), field);
    else if (type === "uint") this.uint(Number(value), field);
    else if (type === "hyper") this.hyper(Number(value), field);
    else this.uhyper(Number(value), field);
  }

  #opaque(value: Uint8Array): void {
    const padded = (value.length + 3) & ~3;
    this.#room(padded).set(value, this.#at);
    this.#buffer.fill(0, this.#at + value.length, this.#at + padded);
    this.#at += padded;
  }

  /** The buffer, with room for this many further bytes. */
  #room(bytes: number): Buffer {
    const needed = this.#at + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#at);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}
