// Checks docs/mesos-rules.md against the tree: every rule of a production framework has a row, its code exists, and
// each named test file has a test whose title begins with the rule's number. Pure; scripts/check.ts runs it.

/** B1 to B24, as the document numbers them. */
export const ruleNumbers: readonly string[] = Array.from({ length: 24 }, (_, index) => `B${index + 1}`);

export interface RuleRow {
  readonly rule: string;
  readonly code: readonly string[];
  readonly tests: readonly string[];
}

const paths = (cell: string) => [...cell.matchAll(/`([^`]+\.ts)`/g)].map(([, path = ""]) => path);

/** Rows of the form `| B1 | what | code | tests |`. */
export function parseRules(markdown: string): readonly RuleRow[] {
  return markdown.split("\n").flatMap((line) => {
    const [, rule = "", , code = "", tests = ""] = line.split("|").map((cell) => cell.trim());
    return /^B\d+$/.test(rule) ? [{ rule, code: paths(code), tests: paths(tests) }] : [];
  });
}

/**
 * A line for each breach. `read` returns a file's text by its path from the top; undefined when there is no such file.
 */
export function ruleBreaches(markdown: string, read: (path: string) => string | undefined): string[] {
  const rows = parseRules(markdown);
  const missing = ruleNumbers.filter((rule) => rows.filter((row) => row.rule === rule).length !== 1);
  const problems = missing.map((rule) => `docs/mesos-rules.md: ${rule} must have exactly one row`);
  for (const { rule, code, tests } of rows) {
    if (code.length === 0) problems.push(`docs/mesos-rules.md: ${rule} names no code`);
    if (tests.length === 0) problems.push(`docs/mesos-rules.md: ${rule} names no test`);
    for (const path of code)
      if (read(path) === undefined) problems.push(`docs/mesos-rules.md: ${rule}: there is no ${path}`);
    for (const path of tests) {
      // One title may name several rules: "B9, B10: …".
      const titled = new RegExp(`["'\`](?:B\\d+, )*${rule}(?:, B\\d+)*[:/]`);
      if (!titled.test(read(path) ?? ""))
        problems.push(`docs/mesos-rules.md: ${rule}: ${path} has no test whose title begins with "${rule}:"`);
    }
  }
  return problems;
}
