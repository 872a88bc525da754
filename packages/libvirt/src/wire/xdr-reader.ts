// Reads XDR (RFC 4506) from outside: every length is compared with its limit and with what is there before anything is made of it.
import { LibvirtProtocolError } from "./libvirt-error.ts";
import { stringMost } from "./limits.ts";
import { type TypedParam, typeNames } from "./typed-param.ts";

const fail = (field: string, words: string): never => {
  throw new LibvirtProtocolError(`${field} ${words}`);
};

export class XdrReader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
  }

  /** What was not read. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  /** Throws when something is left. */
  end(): void {
    const left = this.#buffer.length - this.#at;
    if (left > 0) fail("a message", `has ${left} bytes after its end`);
  }

  int(field: string): number {
    return this.#buffer.readInt32BE(this.#take(4, field));
  }

  uint(field: string): number {
    return this.#buffer.readUInt32BE(this.#take(4, field));
  }

  /** Beyond 2^53 the nearest number that JavaScript has. */
  hyper(field: string): number {
    return Number(this.#buffer.readBigInt64BE(this.#take(8, field)));
  }

  /** Beyond 2^53 the nearest number that JavaScript has. */
  uhyper(field: string): number {
    return Number(this.#buffer.readBigUInt64BE(this.#take(8, field)));
  }

  double(field: string): number {
    return this.#buffer.readDoubleBE(this.#take(8, field));
  }

  string(field: string): string {
    return this.#sized(stringMost, field).toString("utf8");
  }

  /** A copy. */
  bytes(most: number, field: string): Uint8Array {
    return Uint8Array.from(this.#sized(most, field));
  }

  /** Up to the first NUL. */
  chars(count: number, field: string): string {
    const codes = Array.from({ length: count }, () => this.int(field) & 0xff);
    const end = codes.indexOf(0);
    return String.fromCharCode(...(end < 0 ? codes : codes.slice(0, end)));
  }

  uuid(field: string): string {
    const at = this.#take(16, field);
    const hex = this.#buffer.toString("hex", at, at + 16);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  optional<T>(field: string, read: () => T): T | undefined {
    const present = this.uint(field);
    if (present > 1) fail(field, `is neither there nor missing (${present})`);
    return present === 1 ? read() : undefined;
  }

  list<T>(most: number, field: string, read: () => T): T[] {
    const count = this.uint(field);
    // Each item has at least one word.
    if (count > most || count * 4 > this.#buffer.length - this.#at) fail(field, `claims to have ${count} items`);
    return Array.from({ length: count }, read);
  }

  param(label: string): TypedParam {
    const field = this.string(label);
    const number = this.int(field);
    const type = typeNames.get(number);
    if (type === undefined) return fail(field, `has the unknown type ${number}`);
    if (type === "boolean") return { field, type, value: this.int(field) !== 0 };
    if (type === "string") return { field, type, value: this.string(field) };
    return { field, type, value: this[type](field) };
  }

  #sized(most: number, field: string): Buffer {
    const length = this.uint(field);
    if (length > most) fail(field, `claims to have ${length} bytes, at most ${most}`);
    const at = this.#take((length + 3) & ~3, field);
    return this.#buffer.subarray(at, at + length);
  }

  /** Where the next bytes begin, which are then read. */
  #take(bytes: number, field: string): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) fail(field, "ends in the middle");
    this.#at += bytes;
    return at;
  }
}
