import { expect, test } from "vitest";
import { describeDeath } from "./container-death.ts";

const container = {
  id: "c",
  name: "n",
  labels: {},
  running: false,
  exitCode: 0,
  outOfMemory: false,
  error: "",
  ips: {},
};
test.each([
  [{ ...container, exitCode: 3 }, "", "the container exited with code 3"],
  [{ ...container, exitCode: 143 }, "", "the container was ended by signal TERM (exit code 143)"],
  [
    { ...container, exitCode: 137, outOfMemory: true },
    "x\n",
    "the container ran out of its memory limit. Its last output:\nx",
  ],
  [
    { ...container, exitCode: 127, error: "no such file" },
    "",
    "the container exited with code 127. Docker: no such file",
  ],
  [undefined, "", "the container was removed by somebody else"],
])("%j", (info, output, words) => {
  expect(describeDeath(info, output)).toBe(words);
});

test("only the end of a long output is kept", () => {
  expect(describeDeath(container, "x".repeat(10_000)).length).toBeLessThan(2_200);
});
