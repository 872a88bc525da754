import { expect, test } from "vitest";
import { GinkgoProgress } from "./ginkgo-progress.ts";

const output =
  "SSSS•SS\n------------------------------\n• [FAILED] [12.3 seconds]\n[sig-network] a\n•SS•\n• [TIMEDOUT] [9 seconds]\n";

test.each([1, 3, 7, output.length])("tests are counted once, in pieces of %i characters", (size) => {
  const progress = new GinkgoProgress();
  for (let at = 0; at < output.length; at += size) progress.add(output.slice(at, at + size));
  expect(progress.line()).toBe("5 tests have ended, 2 of them failed");
});

test("nothing has ended at first", () => {
  expect(new GinkgoProgress().line()).toBe("0 tests have ended, 0 of them failed");
});
