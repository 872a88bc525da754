import { expect, test } from "vitest";
import { removedHow } from "./removal-plan.ts";

test.each([
  [["master", "console"], true, "removed"],
  [["console", "node"], false, "drained and removed"],
  [["node"], true, "drained without regard to PodDisruptionBudgets and removed"],
] as const)("%o, by force: %s", (types, force, words) => {
  expect(removedHow(types, { force })).toBe(words);
});
