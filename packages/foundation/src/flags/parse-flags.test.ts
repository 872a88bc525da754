// The rules that hold for every program's flags. The programs' own tables are tested beside them.
import { describe, expect, test } from "vitest";
import { flagLines } from "./flag-lines.ts";
import type { FlagRow, FlagTable } from "./flag-row.ts";
import { parseFlags } from "./parse-flags.ts";

const rows = [
  { name: "name", aliases: ["title"], type: "string", default: "x", meaning: "what it is called" },
  {
    name: "count",
    type: "int",
    default: "3",
    meaning: "how many",
    allowed: "a whole number",
    accepts: (text) => /^\d+$/.test(text),
  },
  { name: "loud", type: "bool", default: "false", meaning: "say more" },
  { name: "host", type: "string", default: "$HOST", environmentLookup: true, meaning: "where" },
  { name: "remove", type: "string", once: true, meaning: "what to remove", allowed: "a name" },
] as const satisfies readonly FlagRow[];
type Row = (typeof rows)[number];
const table: FlagTable<Row> = { rows, environmentName: (flag) => `T_${flag.toUpperCase()}` };

function run(argv: readonly string[], environment: Record<string, string> = {}, of: FlagTable<Row> = table) {
  const outcome = parseFlags(of, argv, environment, ({ text, int, bool }) => ({
    name: text("name"),
    count: int("count"),
    loud: bool("loud"),
    host: text("host"),
    remove: text("remove"),
  }));
  if (outcome.kind === "run") return outcome.flags;
  return outcome.kind === "refused" ? outcome.message : outcome.kind;
}
const defaults = { name: "x", count: 3, loud: false, host: undefined, remove: undefined };

describe("a command line", () => {
  test.each<[string[], Partial<typeof defaults> | { loud: boolean }]>([
    [[], {}],
    [["-name", "a"], { name: "a" }],
    [["-name=a"], { name: "a" }],
    [["--name", "a"], { name: "a" }],
    [["--name=a"], { name: "a" }],
    [["-title", "a"], { name: "a" }],
    [["-name=b", "-title=a"], { name: "a" }],
    [["-name=a=b"], { name: "a=b" }],
    [["-name", "-count"], { name: "-count" }],
    [["-name", "a\nb"], { name: "a\nb" }],
    [["-loud"], { loud: true }],
    [["-loud=T"], { loud: true }],
    [["-loud=0"], { loud: false }],
    [["-loud", "-count", "5"], { loud: true, count: 5 }],
  ])("%j", (argv, values) => expect(run(argv)).toEqual({ ...defaults, ...values }));

  test.each<[string[], string]>([
    [["-help"], "help"],
    [["--h"], "help"],
    [["-name", "a", "-version"], "version"],
    [["-v"], "version"],
    [["-name", "-help"], "run"],
    [["-nmae", "a"], "unknown flag -nmae, did you mean -name?; -help lists the flags"],
    [["-hlep"], "unknown flag -hlep, did you mean -help?; -help lists the flags"],
    [["-completely_other"], "unknown flag -completely_other; -help lists the flags"],
    [["a"], 'unexpected argument "a": flags are written -name value or -name=value'],
    [["--"], 'unexpected argument "--": flags are written -name value or -name=value'],
    [["---name"], 'unexpected argument "---name": flags are written -name value or -name=value'],
    [["-loud", "false"], 'unexpected argument "false": flags are written -name value or -name=value'],
    [["-count"], "flag -count needs a value: allowed is a whole number"],
    [["-count=x"], '-count: bad value "x": allowed is a whole number'],
    [["-name="], '-name: bad value ""'],
    [["-loud=yes"], '-loud: bad value "yes": allowed is true or false'],
    [["-loud=constructor"], '-loud: bad value "constructor": allowed is true or false'],
    [["-remove=a", "--remove", "a"], "flag -remove is given twice"],
    [["-host=$NONE"], "-host: the environment variable $NONE is not set"],
  ])("%j: %s", (argv, answer) => {
    const result = run(argv);
    expect(typeof result === "string" ? result : "run").toBe(answer);
  });

  test("a bool takes a word after it where the table says so", () => {
    const words: FlagTable<Row> = { ...table, boolTakesWord: true };
    expect(run(["-loud", "false", "-name", "a"], {}, words)).toMatchObject({ loud: false, name: "a" });
    expect(run(["-loud", "true"], {}, words)).toMatchObject({ loud: true });
    expect(run(["-loud", "-name", "a"], {}, words)).toMatchObject({ loud: true, name: "a" });
  });
});

describe("the environment", () => {
  test("comes after the command line and before the default; an empty variable is not set", () => {
    expect(run([], { T_NAME: "e", T_COUNT: "" })).toMatchObject({ name: "e", count: 3 });
    expect(run([], { T_TITLE: "e" })).toMatchObject({ name: "e" });
    expect(run(["-name=a"], { T_NAME: "e" })).toMatchObject({ name: "a" });
    expect(run([], { T_COUNT: "x" })).toBe('T_COUNT (flag -count): bad value "x": allowed is a whole number');
    expect(run([], { T_NAME: "e" }, { rows })).toMatchObject({ name: "x" });
  });

  test("gives the value of $NAME where the row says so", () => {
    expect(run([], { HOST: "h" })).toMatchObject({ host: "h" });
    expect(run(["-host", "$OTHER", "-name=$HOST"], { HOST: "h", OTHER: "o" })).toMatchObject({
      host: "o",
      name: "$HOST",
    });
  });

  test("counts as given", () => {
    const names = rows.map(({ name }) => name);
    const outcome = parseFlags(table, ["-title=a"], { T_COUNT: "1", HOST: "h" }, ({ isGiven }) =>
      names.filter(isGiven),
    );
    expect(outcome).toEqual({ kind: "run", flags: ["name", "count"] });
  });
});

test("the text of -help", () => {
  expect(flagLines(table, { withEnvironment: true }).split("\n")).toEqual([
    "  -name, -title string",
    "        what it is called (default x; environment T_NAME)",
    "  -count int",
    "        how many (default 3; environment T_COUNT)",
    "  -loud",
    "        say more (default false; environment T_LOUD)",
    "  -host string",
    "        where (default $HOST; environment T_HOST)",
    "  -remove string",
    "        what to remove (environment T_REMOVE)",
    "  -help",
    "        print this text",
    "  -version",
    "        print version and build",
    "",
  ]);
});
