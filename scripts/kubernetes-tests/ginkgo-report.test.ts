import { expect, test } from "vitest";
import { testResults } from "./ginkgo-report.ts";

const spec = (LeafNodeText: string, State: string, more: object = {}) => ({
  ContainerHierarchyTexts: ["[sig-network] Services"],
  LeafNodeType: "It",
  LeafNodeText,
  State,
  RunTime: 1_500_000_000,
  ...more,
});
const report = (...specs: readonly object[]) => JSON.stringify([{ SpecReports: specs }]);

test.each([
  ["passed", {}, "passed", ""],
  ["failed", { Failure: { Message: "no answer\nfrom 10.0.0.1" } }, "failed", "failed: no answer"],
  ["timedout", { Failure: { Message: "" } }, "failed", "timedout: "],
  ["panicked", {}, "failed", "panicked: "],
  ["skipped", { Failure: { Message: "only for IPv6" } }, "skipped", "only for IPv6"],
  ["pending", {}, "skipped", "the test is pending"],
])("a test that is %s", (state, more, outcome, words) => {
  const [result] = testResults(report(spec("serves [Conformance]", state, more)), /Conformance/);
  expect(result).toEqual({ name: "[sig-network] Services serves [Conformance]", outcome, seconds: 1.5, words });
});

test("a test that is left out tells why", () => {
  const text = report({
    ...spec("should be able to pull from private registry with secret", "skipped"),
    ContainerHierarchyTexts: ["[sig-node] Container Runtime"],
  });
  expect(testResults(text, /./)[0]?.words).toMatch(/^it pulls an image/);
});

test("tests that were not chosen are not counted, and a set-up that failed is", () => {
  const setUp = {
    LeafNodeType: "SynchronizedBeforeSuite",
    LeafNodeText: "",
    State: "failed",
    RunTime: 0,
    Failure: { Message: "x" },
  };
  const results = testResults(report(spec("a", "passed"), spec("b [Slow]", "skipped"), setUp), / a$/);
  expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["[sig-network] Services a", "passed"],
    ["SynchronizedBeforeSuite", "failed"],
  ]);
});

test.each([
  ["no report", "{}"],
  ["no test", report()],
  ["no JSON", "ginkgo"],
])("%s is an error", (_what, text) => {
  expect(() => testResults(text, /./)).toThrow();
});
