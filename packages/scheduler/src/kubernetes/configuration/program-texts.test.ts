import { expect, test } from "vitest";
import {
  clusterTextProblem,
  maxClusterBytes,
  maxProcessBytes,
  maxTextBytes,
  programTextProblems,
} from "./program-texts.ts";

const long = (bytes: number) => "x".repeat(bytes);
const env = (key: string, value = "v") => ({ key, value });

test.each<readonly [string, Parameters<typeof programTextProblems>[0], readonly (readonly [string, RegExp])[]]>([
  ["nothing", { options: [], envs: [] }, []],
  ["what is usual", { cmd: "/bin/etcd", options: ["--v=2"], envs: [env("GOGC", "a=b")] }, []],
  ["a zero byte in an option", { options: ["--a", "--b=\0"], envs: [] }, [["options[1]", /zero byte/]]],
  ["a zero byte in a value", { options: [], envs: [env("A", "a\0b")] }, [["envs[0]", /zero byte/]]],
  ["a zero byte in a name", { options: [], envs: [env("A\0")] }, [["envs[0]", /zero byte/]]],
  ["a zero byte in a path", { cmd: "/bin/\0", options: [], envs: [] }, [["cmd", /zero byte/]]],
  ["a name with =", { options: [], envs: [env("A"), env("A=B")] }, [["envs[1]", /"A=B" is no name/]]],
  ["no name", { options: [], envs: [env("")] }, [["envs[0]", /must not be empty/]]],
  ["as long as it may be", { options: [long(maxTextBytes)], envs: [] }, []],
  [
    "longer",
    { options: [long(maxTextBytes + 1)], envs: [env("A", long(maxTextBytes - 1))] },
    [
      ["options[0]", /^it has 65537 bytes; at most 65536 are allowed$/],
      ["envs[0]", /65537 bytes/],
    ],
  ],
  ["bytes, not characters", { options: ["\u00e9".repeat(maxTextBytes / 2 + 1)], envs: [] }, [["options[0]", /65538/]]],
  [
    "too much together",
    { options: [long(maxTextBytes), long(maxTextBytes)], envs: [] },
    [["", new RegExp(`131075 bytes together; at most ${maxProcessBytes} are allowed for one process`)]],
  ],
])("%s", (_title, texts, expected) => {
  const found = [...programTextProblems(texts)];
  expect(found.map(({ field }) => field)).toEqual(expected.map(([field]) => field));
  for (const [index, [, words]] of expected.entries()) expect(found[index]?.message).toMatch(words);
});

test("all processes of a cluster", () => {
  const process = { cmd: "", options: [long(50_000)], envs: [] };
  expect(clusterTextProblem(Array.from({ length: 7 }, () => process))).toBeUndefined();
  expect(clusterTextProblem(Array.from({ length: 8 }, () => process))).toContain(
    `at most ${maxClusterBytes} are allowed`,
  );
});

test("a change that makes no more text than there was is not refused, and processes without text count nothing", () => {
  const process = { cmd: "", options: [long(50_000)], envs: [] };
  const empty = Array.from({ length: 100 }, () => ({ cmd: "", options: [], envs: [] }));
  const of = (count: number) => Array.from({ length: count }, () => process);
  expect(clusterTextProblem([...of(9), ...empty], of(9))).toBeUndefined();
  expect(clusterTextProblem(of(8), of(9))).toBeUndefined();
  expect(clusterTextProblem(of(10), of(9))).toContain("have 500"); // bytes, not the difference
  expect(clusterTextProblem([...of(7), ...empty], of(7))).toBeUndefined();
});
