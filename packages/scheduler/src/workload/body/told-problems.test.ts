import { expect, test } from "vitest";
import { SpecInvalidError } from "./spec-invalid-error.ts";
import { mostProblems, toldProblems } from "./told-problems.ts";

const problems = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ path: `[${index}]`, message: "bad" }));

test("what can be read is told as it is", () => {
  expect(toldProblems(problems(mostProblems))).toEqual(problems(mostProblems));
});

test("of a million problems the first ones are told, and how many more there are", () => {
  const error = new SpecInvalidError(problems(1_000_000));
  expect(error.problems).toHaveLength(mostProblems + 1);
  expect(error.problems.at(-1)).toEqual({ path: "", message: "999900 more problems are not shown" });
  expect(error.message).toMatch(/^\[0\]: bad; .*; 999900 more problems are not shown$/);
});

test("one more is told as one; where not all was read nobody knows how many there are", () => {
  const last = (...asked: Parameters<typeof toldProblems>) => toldProblems(...asked).at(-1)?.message;
  expect(last(problems(mostProblems + 1))).toBe("1 more problem is not shown");
  expect(last(problems(mostProblems + 1), true)).toBe("further problems are not shown");
  expect(toldProblems(problems(mostProblems), true)).toEqual(problems(mostProblems));
});
