import { expect, test } from "vitest";
import { parseFlags, usage } from "./flags.ts";

test("defaults and both forms of flags", () => {
  expect(parseFlags([])).toMatchObject({ listen: "127.0.0.1:5050", agents: 1, mode: "all", logLevel: "info" });
  expect(parseFlags(["-listen", "127.0.0.1:1", "--hostname=a,b,c", "-agents=2", "-mode", "agent"])).toMatchObject({
    listen: "127.0.0.1:1",
    hostnames: ["a", "b", "c"],
    agents: 3,
    mode: "agent",
  });
  expect(parseFlags(["-help"])).toBe("help");
  expect(usage()).toContain("-agent_port");
});

test.each([
  ["x"],
  ["-nope", "1"],
  ["-listen"],
  ["-mode", "x"],
  ["-agents", "-1"],
  ["-work_dir", "relative"],
  ["-log_level", "x"],
])("%s is refused", (...args) => {
  expect(() => parseFlags(args)).toThrow();
});
