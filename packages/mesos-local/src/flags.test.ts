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

test("Mesos' flags of authentication, with or without a value", () => {
  const who = ["-credentials", "/etc/who"];
  expect(parseFlags(["--authenticate_http_frameworks", ...who])).toMatchObject({
    authentication: { realms: new Set(["scheduler"]), credentialsFile: "/etc/who" },
  });
  const both = ["--authenticate_http_readonly=true", "--authenticate_http_readwrite", "true", ...who];
  expect(parseFlags(both)).toMatchObject({ authentication: { realms: new Set(["readonly", "readwrite"]) } });
  expect(parseFlags(["-authenticate_http_readonly", "false", ...who])).not.toHaveProperty("authentication");
});

test.each(["host", "host:5050", "127.0.0.1:0"])("-listen %s is taken", (address) => {
  expect(parseFlags(["-listen", address])).toMatchObject({ listen: address });
});

test.each([
  ["--authenticate_http_frameworks"],
  ["x"],
  ["-nope", "1"],
  ["-listen"],
  ["-mode", "x"],
  ["-agents", "-1"],
  ["-work_dir", "relative"],
  ["-log_level", "x"],
  ["-listen", "127.0.0.1:99999"],
  ["-listen", "a:b"],
  ["-listen", ""],
  ["-master", "nonsense:x", "-mode", "agent"],
  ["-simulated_agents", "3", "-mode", "agent"],
])("%s is refused", (...args) => {
  expect(() => parseFlags(args)).toThrow();
});
