// JSON as Mesos speaks it: 64-bit integers are bare numbers (nanosecond times are beyond 2^53) and bytes are base64.
// Unsafe integers become bigint; the normal case, a text without a run of 16 digits, costs one regular expression more.
import { MesosProtocolError } from "./errors.ts";

const longNumber = /\d{16}/;
const integerText = /^-?\d+$/;

declare global {
  // Part of ECMAScript's "JSON.parse source text access", in Node since 21.
  interface JSON {
    rawJSON(text: string): object;
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** Parses JSON; an integer beyond ±(2^53 − 1) becomes a bigint. Throws MesosProtocolError `mesos_invalid_json`. */
export function parseJson(text: string): unknown {
  try {
    return longNumber.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
  } catch (error) {
    throw new MesosProtocolError("mesos_invalid_json", "the peer sent a text that is not JSON", { cause: error });
  }
}

function exactInteger(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || context.source === undefined) return value;
  return integerText.test(context.source) ? BigInt(context.source) : value;
}

/** Serialises to JSON with every bigint as a bare number. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Only a bigint (or a cycle, which fails again) makes JSON.stringify throw.
    return JSON.stringify(value, (_key, item: unknown) =>
      typeof item === "bigint" ? JSON.rawJSON(item.toString()) : item,
    );
  }
}

/** Base64 of a `bytes` field. */
export function encodeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Bytes of a base64 field. */
export function decodeBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
