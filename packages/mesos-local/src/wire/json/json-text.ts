// JSON text that loses nothing: integers beyond 2^53 are bigints, doubles can be printed as Mesos prints them ("8.0").
// Syntax errors carry the words that Mesos' own parser (picojson) uses, because they reach API clients.

export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Double
  | RawJson
  | readonly JsonValue[]
  | JsonObject;

/** A number that is printed with a decimal point. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** JSON text that is already made. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" &&
  value !== null &&
  !isArray(value) &&
  !(value instanceof Double) &&
  !(value instanceof RawJson);

export const double = (value: number) => new Double(value);

/** Prints a double as Mesos does: "8.0", "0.5", "1e+30", and Infinity bare. */
export function doubleText(value: number): string {
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

/** Compact JSON; undefined fields are left out. */
export function stringifyJson(value: JsonValue): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Double) return doubleText(value.value);
  if (value instanceof RawJson) return value.text;
  if (isArray(value)) return `[${value.map(stringifyJson).join(",")}]`;
  const parts: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) parts.push(`${JSON.stringify(key)}:${stringifyJson(field)}`);
  }
  return `{${parts.join(",")}}`;
}

export class JsonSyntaxError extends Error {}

/** Deeper than any message of Mesos; the parser calls itself for every level. */
const maxDepth = 200;

/** Numbers that JSON.parse might round, or take as infinite. */
const longNumber = /\d{16}|\d[eE]\+?\d{3}/;

/** True when a value is nested deeper than so many levels. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** Parses with JSON.parse what it reads as the parser below does; undefined for everything else, errors among it. */
function parsePlainJson(text: string): { readonly value: JsonValue } | undefined {
  if (longNumber.test(text)) return undefined;
  try {
    const value: JsonValue = JSON.parse(text);
    return isDeeper(value, maxDepth) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** Parses a document. Throws JsonSyntaxError with Mesos' words ("syntax error at line 1 near: x"). */
export function parseJson(text: string): JsonValue {
  const plain = parsePlainJson(text);
  if (plain !== undefined) return plain.value;
  const parser = new Parser(text);
  const value = parser.value();
  const rest = text.slice(parser.position);
  if (/[^ \t\r\n]/.test(rest)) {
    throw new JsonSyntaxError(`Parsed JSON included non-whitespace trailing characters: ${rest}`);
  }
  return value;
}

const numberPattern = /[-0-9][-+.0-9eE]*/y;
const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

class Parser {
  readonly #text: string;
  position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JsonValue {
    this.#skip();
    const char = this.#text[this.position];
    if (char === "{" || char === "[") {
      if (this.#depth >= maxDepth) this.#fail();
      this.#depth += 1;
      const nested = char === "{" ? this.#object() : this.#array();
      this.#depth -= 1;
      return nested;
    }
    if (char === '"') return this.#string();
    if (char === "t") return this.#literal("true", true);
    if (char === "f") return this.#literal("false", false);
    if (char === "n") return this.#literal("null", null);
    return this.#number();
  }

  #fail(): never {
    const line = this.#text.slice(0, this.position).split("\n").length;
    const near = this.#text.slice(this.position).split("\n")[0];
    throw new JsonSyntaxError(`syntax error at line ${line} near: ${near}`);
  }

  #skip(): void {
    while (" \t\r\n".includes(this.#text[this.position] ?? "x")) this.position += 1;
  }

  #expect(char: string): boolean {
    this.#skip();
    if (this.#text[this.position] !== char) return false;
    this.position += 1;
    return true;
  }

  #object(): JsonValue {
    this.position += 1;
    const entries: [string, JsonValue][] = [];
    if (this.#expect("}")) return {};
    do {
      this.#skip();
      if (this.#text[this.position] !== '"') this.#fail();
      const key = this.#string();
      if (!this.#expect(":")) this.#fail();
      entries.push([key, this.value()]);
    } while (this.#expect(","));
    if (!this.#expect("}")) this.#fail();
    return Object.fromEntries(entries);
  }

  #array(): JsonValue {
    this.position += 1;
    const items: JsonValue[] = [];
    if (this.#expect("]")) return items;
    do {
      items.push(this.value());
    } while (this.#expect(","));
    if (!this.#expect("]")) this.#fail();
    return items;
  }

  #string(): string {
    this.position += 1;
    let result = "";
    for (;;) {
      const char = this.#text[this.position];
      if (char === undefined || char < " ") this.#fail();
      this.position += 1;
      if (char === '"') return result;
      result += char === "\\" ? this.#escape() : char;
    }
  }

  #escape(): string {
    const char = this.#text[this.position] ?? "";
    this.position += 1;
    if (char === "u") {
      const hex = this.#text.slice(this.position, this.position + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail();
      this.position += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const escaped = '"\\/'.includes(char) && char !== "" ? char : escapes[char];
    if (escaped === undefined) this.#fail();
    return escaped;
  }

  #literal<T>(word: string, value: T): T {
    for (const char of word) {
      if (this.#text[this.position] !== char) this.#fail();
      this.position += 1;
    }
    return value;
  }

  #number(): number | bigint {
    numberPattern.lastIndex = this.position;
    const text = numberPattern.exec(this.#text)?.[0] ?? "";
    const value = Number(text);
    if (text === "" || Number.isNaN(value)) this.#fail();
    if (!Number.isFinite(value)) throw new JsonSyntaxError("Value out of range");
    this.position += text.length;
    return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
  }
}
