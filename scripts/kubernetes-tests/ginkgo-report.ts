// What the tests' own report says (`ginkgo --json-report`): the tests that ran, and how each of them ended.
import { z } from "zod";
import { reasonToLeaveOut } from "./left-out.ts";

/** ginkgo's types.SpecReport, as far as it is read. RunTime is in nanoseconds. */
const specSchema = z.object({
  ContainerHierarchyTexts: z.array(z.string()).nullish(),
  LeafNodeText: z.string(),
  LeafNodeType: z.string(),
  State: z
    .enum(["passed", "failed", "skipped", "pending", "aborted", "panicked", "interrupted", "timedout"])
    .or(z.string()),
  RunTime: z.number(),
  Failure: z.object({ Message: z.string() }).partial().nullish(),
});
const reportSchema = z.array(z.object({ SpecReports: z.array(specSchema).nullish() })).min(1);

export interface TestResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly seconds: number;
  /** Why it failed or was skipped; "" for a test that passed. */
  readonly words: string;
}

const firstLine = (text: string) => (text.trim().split("\n")[0] ?? "").slice(0, 300);

/**
 * The tests that were chosen: those whose name `focus` matches. A part of the run that is no test (a set-up of the suite) counts when it
 * failed. Throws for a text that is no report, or one that has not a single test.
 */
export function testResults(text: string, focus: RegExp): readonly TestResult[] {
  const results: TestResult[] = [];
  for (const { SpecReports } of reportSchema.parse(JSON.parse(text))) {
    for (const spec of SpecReports ?? []) {
      const name = [...(spec.ContainerHierarchyTexts ?? []), spec.LeafNodeText].filter(Boolean).join(" ");
      const words = firstLine(spec.Failure?.Message ?? "");
      const seconds = spec.RunTime / 1e9;
      const isTest = spec.LeafNodeType === "It";
      if (isTest && !focus.test(name)) continue;
      if (!isTest && ["passed", "skipped", "pending"].includes(spec.State)) continue;
      if (spec.State === "passed") results.push({ name, outcome: "passed", seconds, words: "" });
      else if (spec.State === "skipped" || spec.State === "pending") {
        const reason = reasonToLeaveOut(name) ?? (words === "" ? `the test is ${spec.State}` : words);
        results.push({ name, outcome: "skipped", seconds, words: reason });
      } else
        results.push({
          name: name === "" ? spec.LeafNodeType : name,
          outcome: "failed",
          seconds,
          words: `${spec.State}: ${words}`,
        });
    }
  }
  if (results.length === 0) throw new Error(`the report has no test that matches ${focus.source}`);
  return results;
}
