import { expect, test } from "vitest";
import { parseRules, ruleBreaches, ruleNumbers } from "./mesos-rules.ts";

const row = (rule: string) =>
  `| ${rule} | words | \`packages/a/src/${rule}.ts\` | \`packages/a/src/${rule}.test.ts\` |`;
const whole = ruleNumbers.map(row).join("\n");
const tree = (path: string) => {
  const rule = /(B\d+)/.exec(path)?.[1] ?? "";
  return path.endsWith(".test.ts") ? `test("${rule}: does it", () => {});` : "code";
};

test("a whole table is right", () => {
  expect(parseRules(whole)).toHaveLength(24);
  expect(ruleBreaches(whole, tree)).toEqual([]);
});

test("a rule without a row, with two, without code or without a test is told", () => {
  const without = ruleNumbers
    .filter((rule) => rule !== "B7")
    .map(row)
    .join("\n");
  expect(ruleBreaches(without, tree)).toEqual(["docs/mesos-rules.md: B7 must have exactly one row"]);
  expect(ruleBreaches(`${whole}\n${row("B7")}`, tree)[0]).toContain("B7 must have exactly one row");
  expect(ruleBreaches(whole.replace("`packages/a/src/B3.ts`", ""), tree)).toEqual([
    "docs/mesos-rules.md: B3 names no code",
  ]);
  expect(ruleBreaches(whole.replace("`packages/a/src/B3.test.ts`", ""), tree)).toEqual([
    "docs/mesos-rules.md: B3 names no test",
  ]);
});

test("a title may name several rules", () => {
  const several = (path: string) => (path.endsWith("B9.test.ts") ? 'test("B6, B9, B10: all", () => {});' : tree(path));
  expect(ruleBreaches(whole, several)).toEqual([]);
});

test("files that are not there, and tests that are about another rule, are told", () => {
  expect(ruleBreaches(whole, (path) => (path.endsWith("B5.ts") ? undefined : tree(path)))).toEqual([
    "docs/mesos-rules.md: B5: there is no packages/a/src/B5.ts",
  ]);
  const other = (path: string) => (path.endsWith("B2.test.ts") ? 'test("B20: another", () => {});' : tree(path));
  expect(ruleBreaches(whole, other)).toEqual([
    'docs/mesos-rules.md: B2: packages/a/src/B2.test.ts has no test whose title begins with "B2:"',
  ]);
});
