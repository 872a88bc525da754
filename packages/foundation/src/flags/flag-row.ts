// One row of a program's table of flags. The table says everything about a flag: its names, its type, its default, what it
// means and which values it takes; parsing, -help and the documentation are made of it.

export interface FlagRow {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: "string" | "int" | "bool";
  /** Default as text, as it would be written on the command line; undefined: not set. */
  readonly default?: string;
  /** A value that begins with `$` is read from that environment variable. */
  readonly environmentLookup?: boolean;
  /** A second value is refused; otherwise the last one counts. */
  readonly once?: boolean;
  /** One line. */
  readonly meaning: string;
  /** What is allowed, in words, when `accepts` refuses. */
  readonly allowed?: string;
  /** Without it every value but the empty one is taken; a bool is checked anyway. */
  readonly accepts?: (text: string) => boolean;
}

/** A program's flags. */
export interface FlagTable<Row extends FlagRow = FlagRow> {
  readonly rows: readonly Row[];
  /** Name of the environment variable of a flag; without it the environment is not read. */
  readonly environmentName?: (flag: string) => string;
  /** A bool takes a following `true` or `false` too, not only `-name` and `-name=true`. */
  readonly boolTakesWord?: boolean;
}

export type FlagName<Row extends FlagRow> = Row["name"];
export type NameOfType<Row extends FlagRow, Type extends FlagRow["type"]> = Extract<
  Row,
  { readonly type: Type }
>["name"];
/** Flags that always have a value. */
export type NameWithDefault<Row extends FlagRow> = Exclude<
  Extract<Row, { readonly default: string }>,
  { readonly environmentLookup: true }
>["name"];
