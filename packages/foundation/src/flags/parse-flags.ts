// Reads a command line and the environment by a table of flags, in the manner of Go's flag package: -name v, -name=v, --name v,
// --name=v; a bool needs no value. The command line wins over the environment, which wins over the default.
// Pure: no I/O and no exit; a refusal is one line that names the flag and what is allowed. Imports nothing, so that -help and
// -version answer at once.
import type { FlagName, FlagRow, FlagTable, NameOfType, NameWithDefault } from "./flag-row.ts";
import { nearestName } from "./nearest-name.ts";

/** Reads the values of a table's flags. Reading one that its row does not accept ends the parsing with a refusal. */
export interface FlagReader<Row extends FlagRow> {
  /** Undefined where the flag is not set and has no default. */
  text(name: FlagName<Row>): string | undefined;
  required(name: NameWithDefault<Row>): string;
  int(name: NameOfType<Row, "int">): number;
  bool(name: NameOfType<Row, "bool">): boolean;
  /** Whether it was set on the command line or in the environment. */
  isGiven(name: FlagName<Row>): boolean;
}

export type FlagOutcome<Flags> =
  | { readonly kind: "run"; readonly flags: Flags }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly message: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value and how the place that it came from is called in messages. */
interface GivenValue {
  readonly text: string;
  readonly shown: string;
}

class RefusedFlag extends Error {}

const helpNames = new Set(["help", "h"]);
const versionNames = new Set(["version", "v"]);
const truths: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["t", true],
  ["true", true],
  ["0", false],
  ["f", false],
  ["false", false],
]);

/** Reads the arguments after the program's name; `build` makes of the table's values what the program works with. */
export function parseFlags<Row extends FlagRow, Flags>(
  table: FlagTable<Row>,
  argv: readonly string[],
  environment: Environment,
  build: (read: FlagReader<Row>) => Flags,
): FlagOutcome<Flags> {
  try {
    const given = readArguments(table, argv);
    if (typeof given === "string") return { kind: given };
    addEnvironment(table, environment, given);
    const rows = new Map<string, FlagRow>(table.rows.map((row) => [row.name, row]));
    const text = (name: string) => {
      const row = rows.get(name);
      return row === undefined ? undefined : textOf(row, given.get(name), environment);
    };
    const flags = build({
      text,
      required: (name) => text(name) ?? "",
      int: (name) => Number(text(name)),
      bool: (name) => truths.get(text(name)?.toLowerCase() ?? "") === true,
      isGiven: (name) => given.has(name),
    });
    return { kind: "run", flags };
  } catch (error) {
    if (error instanceof RefusedFlag) return { kind: "refused", message: error.message };
    throw error;
  }
}

function readArguments(table: FlagTable, argv: readonly string[]): Map<string, GivenValue> | "help" | "version" {
  const byName = new Map(table.rows.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row])));
  const given = new Map<string, GivenValue>();
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    const match = /^--?([^-=][^=]*)(=([\s\S]*))?$/.exec(argument);
    if (match === null)
      throw new RefusedFlag(`unexpected argument "${argument}": flags are written -name value or -name=value`);
    const [, name = "", assigned, inline] = match;
    if (assigned === undefined && helpNames.has(name)) return "help";
    if (assigned === undefined && versionNames.has(name)) return "version";
    const row = byName.get(name);
    if (row === undefined) {
      const near = nearestName(name, [...byName.keys(), "help", "version"]);
      const question = near === undefined ? "" : `, did you mean -${near}?`;
      throw new RefusedFlag(`unknown flag -${name}${question}; -help lists the flags`);
    }
    let text = inline;
    if (text === undefined && row.type === "bool") {
      const next = argv[index + 1];
      const isWord = table.boolTakesWord === true && (next === "true" || next === "false");
      text = isWord ? next : "true";
      if (isWord) index += 1;
    } else if (text === undefined) {
      index += 1;
      text = argv[index];
      if (text === undefined) throw new RefusedFlag(`flag -${name} needs a value${allowed(row)}`);
    }
    if (row.once === true && given.has(row.name)) throw new RefusedFlag(`flag -${name} is given twice`);
    given.set(row.name, { text, shown: `-${name}` });
  }
  return given;
}

function addEnvironment(
  { rows, environmentName }: FlagTable,
  environment: Environment,
  given: Map<string, GivenValue>,
) {
  if (environmentName === undefined) return;
  for (const row of rows) {
    if (given.has(row.name)) continue;
    for (const name of [row.name, ...(row.aliases ?? [])].map(environmentName)) {
      const text = environment[name];
      // An empty variable counts as not set: container definitions often pass one through that way.
      if (text !== undefined && text !== "") given.set(row.name, { text, shown: `${name} (flag -${row.name})` });
    }
  }
}

function textOf(row: FlagRow, given: GivenValue | undefined, environment: Environment): string | undefined {
  if (given !== undefined) return checked(row, given.shown, lookedUp(row, given, environment));
  if (row.environmentLookup !== true || row.default === undefined) return row.default;
  const text = environment[row.default.slice(1)];
  return text === undefined || text === "" ? undefined : checked(row, row.default, text);
}

function lookedUp(row: FlagRow, { text, shown }: GivenValue, environment: Environment): string {
  if (row.environmentLookup !== true || !text.startsWith("$")) return text;
  const value = environment[text.slice(1)];
  if (value === undefined || value === "")
    throw new RefusedFlag(`${shown}: the environment variable ${text} is not set${allowed(row)}`);
  return value;
}

function checked(row: FlagRow, shown: string, text: string): string {
  const fits = row.type === "bool" ? truths.has(text.toLowerCase()) : (row.accepts?.(text) ?? text !== "");
  if (fits) return text;
  throw new RefusedFlag(`${shown}: bad value "${text}"${allowed(row)}`);
}

function allowed(row: FlagRow): string {
  const words = row.type === "bool" ? "true or false" : row.allowed;
  return words === undefined ? "" : `: allowed is ${words}`;
}
