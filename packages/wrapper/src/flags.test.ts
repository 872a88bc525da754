import { describe, expect, it } from "vitest";
import { parseDuration, parseFlags } from "./flags.ts";

const long = `/${"x".repeat(107)}`;

describe("parseFlags", () => {
  it("has the image's defaults", () => {
    expect(parseFlags([], {})).toEqual({
      kind: "run",
      flags: {
        socket: "/run/cke-wrapper/wrapper.sock",
        outputDirectory: "/var/log/cke",
        stateDirectory: "/run/cke/wrapper",
        logLevel: "info",
        cgroup: "/cke",
        stopTimeoutMs: 25_000,
      },
    });
  });

  it.each([
    [["-socket", "/a"]],
    [["-socket=/a"]],
    [["--socket", "/a"]],
    [["--socket=/a"]],
    [["-socket=/b", "--socket=/a"]],
  ])("takes %j", (args) => {
    expect(parseFlags(args, { CKE_WRAPPER_SOCKET: "/env" })).toMatchObject({ flags: { socket: "/a" } });
  });

  it("takes the environment when the flag is not given, and not when it is empty", () => {
    expect(parseFlags([], { CKE_WRAPPER_SOCKET: "/env" })).toMatchObject({ flags: { socket: "/env" } });
    expect(parseFlags([], { CKE_WRAPPER_SOCKET: "" })).toMatchObject({
      flags: { socket: "/run/cke-wrapper/wrapper.sock" },
    });
  });

  it.each([
    [["-nonsense"], "flag provided but not defined: -nonsense"],
    [["-socket"], "flag needs an argument: -socket"],
    [["-socket", "relative"], 'invalid value "relative" for flag -socket: must be an absolute path'],
    [["-socket", long], `invalid value "${long}" for flag -socket: must not exceed 107 bytes`],
    [["-log_level=WARN"], 'invalid value "WARN" for flag -log_level: must be error, warning, info or debug'],
    [["-stop_timeout=5"], 'invalid value "5" for flag -stop_timeout: must be a duration like 25s or 1500ms'],
    [["extra"], "unexpected argument: extra"],
  ])("refuses %j", (args, message) => {
    expect(parseFlags(args, {})).toEqual({ kind: "error", message });
  });

  it("refuses a cgroup that leaves its hierarchy", () => {
    for (const value of ["cke", "/../x", "/a/../b", "/", "//a"])
      expect(parseFlags(["-cgroup", value], {}).kind).toBe("error");
    expect(parseFlags(["-cgroup", "/a/b-1"], {}).kind).toBe("run");
  });

  it("knows -version and -help before anything else is checked", () => {
    expect(parseFlags(["-version"], { CKE_WRAPPER_SOCKET: "bad" })).toEqual({ kind: "version" });
    expect(parseFlags(["--help"], {})).toMatchObject({
      kind: "help",
      text: expect.stringContaining("-output_dir value"),
    });
  });
});

describe("parseDuration", () => {
  it.each([
    ["25s", 25_000],
    ["1.5s", 1_500],
    ["1500ms", 1_500],
    ["2m", 120_000],
    ["2", undefined],
    ["s", undefined],
  ])("%s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});
