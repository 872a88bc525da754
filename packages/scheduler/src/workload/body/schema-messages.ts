// Turns problems of a schema into sentences for the person who wrote the value: each says what is allowed and what was
// given. A schema's own message is the phrase after "must be"; without one, the phrase follows from the kind of the
// problem.
import { z } from "zod";
import { withoutUserinfo } from "../tasks/redaction.ts";

export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  /** "must be a port from 1 to 65535; given is 99999" */
  readonly message: string;
}

export type SchemaResult<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly problems: readonly SchemaProblem[] };

/** The value in its schema's shape, or every problem. */
export function readSchema<T>(schema: z.ZodType<T>, value: unknown): SchemaResult<T> {
  const result = schema.safeParse(value, { reportInput: true, error: ownPhrase });
  if (result.success) return result;
  return { success: false, problems: result.error.issues.flatMap((issue) => problemsOf(issue, [])) };
}

/** Longest piece of a given text that is shown, in characters. */
const shownLength = 60;
/** Longest phrase, because unions may have many. */
const phraseLength = 300;
/** Fields that may contain secrets. Their values are not shown. */
const unshown: ReadonlySet<string> = new Set([
  "envs",
  "options",
  "args",
  "content",
  "password",
  "userData",
  "networkConfig",
]);

type Issue = z.core.$ZodIssue;
type Path = SchemaProblem["path"];

/** Stands for a schema without a message of its own. No message contains a line break. */
const none = "\n";

function ownPhrase({ code, inst }: z.core.$ZodRawIssue): string {
  if (code !== "unrecognized_keys" || !(inst instanceof z.ZodObject)) return none;
  return Object.keys(inst.shape).join(", ");
}

function problemsOf(issue: Issue, parent: Path): readonly SchemaProblem[] {
  const path = [...parent, ...issue.path.map((segment) => (typeof segment === "number" ? segment : String(segment)))];
  if (issue.code === "unrecognized_keys") {
    const fields = issue.message === "" ? "none is known here" : `known are ${issue.message}`;
    const known = issue.message === none ? "" : `: ${fields}`;
    return issue.keys.map((key) => ({ path: [...path, key], message: `is not a known field${known}` }));
  }
  if (issue.code === "invalid_union" && issue.input !== undefined) {
    const branches = closest(issue.errors);
    const [branch] = branches;
    // Only one form is possible, and its problem says more than "none of them fits".
    if (branches.length === 1 && branch !== undefined) return branch.flatMap((inner) => problemsOf(inner, path));
  }
  if (issue.code === "invalid_key") {
    const phrases = issue.issues.map(phraseOf);
    return [{ path, message: `is no right name: it must be ${joined(phrases)}` }];
  }
  if (
    issue.code === "invalid_union" &&
    issue.message === none &&
    issue.inclusive !== false &&
    issue.options !== undefined
  )
    return [noSuchKind(issue.options, issue.input, path)];
  const phrase = cut(phraseOf(issue), phraseLength);
  if (issue.input === undefined) return [{ path, message: `is missing: it must be ${phrase}` }];
  return [{ path, message: `must be ${phrase}; given is ${given(issue.input, path)}` }];
}

/** For a union whose branches a field tells apart: zod gives the path of that field, and the value of the whole object. */
function noSuchKind(options: readonly unknown[], input: unknown, path: Path): SchemaProblem {
  const found = z.looseObject({}).safeParse(input).data?.[String(path.at(-1))];
  const phrase = cut(joined(options.map((value) => JSON.stringify(String(value)))), phraseLength);
  if (found === undefined) return { path, message: `is missing: it must be ${phrase}` };
  return { path, message: `must be ${phrase}; given is ${given(found, path)}` };
}

/**
 * The branches of a union for the type that was given, and of those the ones with the fewest problems; all branches
 * when none fits the type.
 */
function closest(branches: readonly (readonly Issue[])[]): readonly (readonly Issue[])[] {
  const fitting = branches.filter((branch) => !branch.some(wantsAnotherType));
  if (fitting.length === 0) return branches;
  const missing = (branch: readonly Issue[]) => branch.filter(({ input }) => input === undefined).length;
  const least = Math.min(...fitting.map(missing));
  return fitting.filter((branch) => missing(branch) === least);
}

function wantsAnotherType({ code, path }: Issue): boolean {
  return path.length === 0 && (code === "invalid_type" || code === "invalid_value");
}

/** What is allowed, to follow "must be". */
function phraseOf(issue: Issue): string {
  if (issue.code === "invalid_union") {
    if (issue.message !== none) return issue.message;
    return joined(
      closest(issue.errors).flatMap((branch) => branch.filter(({ path }) => path.length === 0).map(phraseOf)),
    );
  }
  if (issue.message !== none) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return types[issue.expected] ?? `of the type ${issue.expected}`;
    case "invalid_value":
      return joined(issue.values.map((value) => (value === "" ? "empty" : JSON.stringify(String(value)))));
    case "too_small":
      return atLeast(issue.origin, issue.minimum, issue.inclusive === true);
    case "too_big":
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_format":
      return issue.pattern === undefined ? `of the form ${issue.format}` : `of the form ${issue.pattern}`;
    default:
      return "of another form";
  }
}

const types: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function unitOf(origin: string): string {
  if (origin === "string") return " characters long";
  return origin === "array" ? " items long" : "";
}

function atLeast(origin: string, minimum: number | bigint, inclusive: boolean): string {
  if (origin === "string" && minimum === 1) return "a text that is not empty";
  if (origin === "array" && minimum === 1) return "a list that is not empty";
  return `${inclusive ? "at least" : "more than"} ${minimum}${unitOf(origin)}`;
}

function joined(phrases: readonly string[]): string {
  const all = [...new Set(phrases)];
  const last = all.at(-1) ?? "of another form";
  return all.length < 2 ? last : `${all.slice(0, -1).join(", ")} or ${last}`;
}

/** A value in a form that its author recognises: of a large value the beginning, of a possible secret only its type. */
export function given(value: unknown, path: Path = []): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (path.some((segment) => unshown.has(String(segment)))) return kindOf(value);
  if (typeof value !== "string") return String(value);
  return cut(JSON.stringify(cut(withoutUserinfo(value), shownLength)), shownLength * 3);
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : "a text (not shown)";
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);
