import { expect, test } from "vitest";
import { noSchedulerWords, upWords } from "./up-words.ts";

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

test.each([
  [{ containers: 0, executors: 0 }, false, ""],
  [{ containers: undefined, executors: 0 }, false, ""],
  [
    { containers: 5, executors: 5 },
    true,
    "cke-scheduler does not run (its last words: /log); 5 node containers and 5 executors of make up run on: make up starts it again and restarts none of them",
  ],
  [
    { containers: 1, executors: 0 },
    false,
    "cke-scheduler does not run; 1 node container and 0 executors of make up run on: make up starts it again and restarts none of them",
  ],
  [
    { containers: undefined, executors: 1 },
    true,
    "cke-scheduler does not run (its last words: /log); node containers (the Docker engine does not say how many) and 1 executor of make up run on: make up starts it again and restarts none of them",
  ],
  [
    { containers: 0, executors: 0 },
    true,
    "cke-scheduler does not run (its last words: /log), and nothing of make up runs on: make up starts it again",
  ],
])("status without a scheduler: case %#", (left, started, words) => {
  expect(noSchedulerWords(left, started, "/log")).toBe(words);
});
