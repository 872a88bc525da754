import { expect, test } from "vitest";
import { parseLogLevel } from "./log-level.ts";
import { createLogger } from "./logger.ts";

const capture = (level?: "error" | "warning" | "info" | "debug") => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    ...(level === undefined ? {} : { level }),
    context: { component: "test" },
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { lines, logger };
};

test("an entry carries level, time, message and the fields of every parent", () => {
  const { lines, logger } = capture();
  logger.child({ cluster: "my", node: "master" }).warning("slow", { taskId: "t1" });
  expect(lines).toEqual([
    {
      level: "warning",
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      message: "slow",
      component: "test",
      cluster: "my",
      node: "master",
      taskId: "t1",
    },
  ]);
});

test("a level change reaches children that exist already", () => {
  const { lines, logger } = capture("error");
  const child = logger.child({ node: "n" });
  child.info("no");
  logger.setLevel("debug");
  child.debug("yes");
  expect(lines.map((line) => line.message)).toEqual(["yes"]);
  expect(child.level()).toBe("debug");
});

test("secret fields are censored", () => {
  const { lines, logger } = capture();
  logger.info("login", { token: "abc" });
  expect(lines[0]?.token).toBe("[secret]");
});

test.each([
  ["INFO", "info"],
  ["Warning", "warning"],
  ["warn", undefined],
  ["", undefined],
])("level %s is %s", (text, level) => {
  expect(parseLogLevel(text)).toBe(level);
});
