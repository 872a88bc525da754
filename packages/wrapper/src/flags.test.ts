import { describe, expect, it } from "vitest";
import { helpText, parseDuration, parseFlags } from "./flags.ts";

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
    [["-nonsense"], "unknown flag -nonsense; -help lists the flags"],
    [["-sokcet", "/a"], "unknown flag -sokcet, did you mean -socket?; -help lists the flags"],
    [["-socket"], "flag -socket needs a value: allowed is an absolute path of at most 107 bytes"],
    [["-socket", "relative"], '-socket: bad value "relative": allowed is an absolute path of at most 107 bytes'],
    [["-socket", long], `-socket: bad value "${long}": allowed is an absolute path of at most 107 bytes`],
    [["-log_level=WARN"], '-log_level: bad value "WARN": allowed is error, warning, info or debug'],
    [["-stop_timeout=5"], '-stop_timeout: bad value "5": allowed is a duration like 25s or 1500ms'],
    [["extra"], 'unexpected argument "extra": flags are written -name value or -name=value'],
  ])("refuses %j", (args, message) => {
    expect(parseFlags(args, {})).toEqual({ kind: "refused", message });
  });

  it("refuses a cgroup that leaves its hierarchy", () => {
    for (const value of ["cke", "/../x", "/a/../b", "/", "//a"])
      expect(parseFlags(["-cgroup", value], {}).kind).toBe("refused");
    expect(parseFlags(["-cgroup", "/a/b-1"], {}).kind).toBe("run");
  });

  it("knows -version and -help before anything else is checked", () => {
    expect(parseFlags(["-version"], { CKE_WRAPPER_SOCKET: "bad" })).toEqual({ kind: "version" });
    expect(parseFlags(["--help"], {})).toEqual({ kind: "help" });
    expect(helpText()).toContain("-output_dir string");
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
