import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { execDirectory } from "../exec-files/exec-directory.ts";
import { parseFlags } from "./flags.ts";
import { frameworkOptions, registryOf } from "./framework-options.ts";

function optionsOf(argv: readonly string[], ownUrl = () => "http://10.0.0.5:8512") {
  const outcome = parseFlags(argv, {});
  if (outcome.kind !== "run") throw new Error(JSON.stringify(outcome));
  return frameworkOptions({
    flags: outcome.flags.values,
    registryCertificate: undefined,
    configurations: new Map(),
    ownUrl,
    executorUrl: () => "http://cdn",
  });
}

describe("frameworkOptions", () => {
  it("follow from the flags", () => {
    const argv = [
      "-roles=cke, other,cke",
      "-k8s_image_path=reg/open/",
      "-k8s_local_versions=1.37,1.36",
      "-k8s_pod_pool=10.128.0.0/9",
      "-log_level=WARNING",
      "-k8s_cfs",
      "-mesos_user=core",
    ];
    expect(optionsOf(argv)).toMatchObject({
      name: "cke-framework",
      user: "core",
      roles: ["cke", "other"],
      failoverSeconds: 86000,
      partitionGraceSeconds: 600,
      executor: "cke-k8s-exec",
      executorUrl: "http://cdn",
      cfsQuota: true,
      imagePath: "reg/open",
      localVersions: ["1.37", "1.36"],
      pools: { pods: [{ base: 0x0a800000, prefix: 9, length: 16 }] },
      registry: { domain: "reg.mg.hcbss", ip: "10.124.142.43" },
      logLevel: "warning",
      hostname: "10.0.0.5",
      webuiUrl: "http://10.0.0.5:8512/k8s/v1/help",
    });
    expect(optionsOf(["-framework_url=https://ui.example/"]).webuiUrl).toBe("https://ui.example/");
  });

  it("know addresses that become known later", () => {
    let url = "http://127.0.0.1:1";
    const options = optionsOf([], () => url);
    url = "http://127.0.0.1:4711";
    expect(options.webuiUrl).toContain(":4711/");
  });

  it.each([
    ["", undefined],
    ["reg.example:10.0.0.1", { domain: "reg.example", ip: "10.0.0.1" }],
    ["reg:fd00::1", { domain: "reg", ip: "fd00::1" }],
  ])("registry %j", (text, expected) => expect(registryOf(text)).toEqual(expected));
});

describe("execDirectory", () => {
  it("is the flag, exec/ beside the program, or dist/exec of a checkout", () => {
    const directory = mkdtempSync(join(tmpdir(), "cke-exec-"));
    const program = join(directory, "bin", "cke-scheduler");
    const checkout = join(directory, "checkout");
    expect(execDirectory(directory, program, checkout)).toBe(directory);
    const missing = join(directory, "missing");
    expect(() => execDirectory(missing, program, checkout)).toThrow(`-exec_dir: ${missing} is no directory`);
    expect(execDirectory(undefined, program, undefined)).toBe(join(directory, "bin", "exec"));
    expect(execDirectory(undefined, program, checkout)).toBe(join(checkout, "dist", "exec"));
    mkdirSync(join(directory, "bin", "exec"), { recursive: true });
    expect(execDirectory(undefined, program, checkout)).toBe(join(directory, "bin", "exec"));
    rmSync(directory, { recursive: true });
  });
});
