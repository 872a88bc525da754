import { expect, test } from "vitest";
import { upWords } from "./up-words.ts";

const now = Date.parse("2030-01-01T10:12:30Z");
const since = "2030-01-01T10:00:00Z";
const compiling = "compiling Kubernetes v1.37.2: 43 %, about 9 min left";

test.each([
  [{ pid: 7, since, words: compiling }, `make up runs (pid 7, for 12 min): ${compiling}`],
  [{ pid: 7, since: "", words: "" }, "make up runs (pid 7): it has just begun"],
  [
    { pid: undefined, since, words: compiling },
    `the last make up ended before the cluster was up (make up goes on from there): ${compiling}`,
  ],
])("status of a make up: case %#", (running, words) => {
  expect(upWords(running, now)).toBe(words);
});
