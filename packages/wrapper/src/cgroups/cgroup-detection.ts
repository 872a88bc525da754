// Finds out at run time which control groups can be used: looks at the mounts, then tries. Never throws.
// Format of mountinfo: proc_pid_mountinfo(5).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoWordsOf } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";
import type { Cgroups } from "./cgroup.ts";
import { tryWrite } from "./cgroup-directory.ts";
import { CgroupsV1 } from "./cgroup-v1.ts";
import { CgroupsV2, prepareTree } from "./cgroup-v2.ts";
import { noCgroups } from "./no-cgroups.ts";

const v1Controllers = ["cpu", "cpuacct", "memory", "pids"] as const;

export interface CgroupMounts {
  readonly v1: ReadonlyMap<string, string>;
  readonly v2: string | undefined;
}

/** Mount points of control groups in the text of /proc/self/mountinfo. */
export function cgroupMounts(mountinfo: string): CgroupMounts {
  const v1 = new Map<string, string>();
  let v2: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const mountPoint = unescapePath(before.split(" ")[4] ?? "");
    const [type, , options = ""] = after.split(" ");
    if (type === "cgroup2") v2 ??= mountPoint;
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) {
      if (v1Controllers.some((controller) => controller === option) && !v1.has(option)) v1.set(option, mountPoint);
    }
  }
  return { v1, v2 };
}

/** Detects and tries. `parent` like "/cke". */
export function detectCgroups(parent: string, mountinfo = readMountinfo()): Cgroups {
  const mounts = cgroupMounts(mountinfo);
  const problems: string[] = [];
  if (mounts.v1.size > 0) {
    const usable = new Map<string, string>();
    for (const [controller, mount] of mounts.v1) {
      const problem = tryV1(controller, join(mount, parent));
      if (problem === undefined) usable.set(controller, mount);
      else problems.push(`${controller}: ${problem}`);
    }
    if (usable.has("cpu") || usable.has("memory")) {
      const missing = v1Controllers.filter((controller) => !usable.has(controller));
      return new CgroupsV1(usable, parent, note("1", [...usable.keys()], missing, problems));
    }
  }
  if (mounts.v2 !== undefined) {
    try {
      const usable = prepareTree(mounts.v2, parent);
      const missing = ["cpu", "memory", "pids"].filter((controller) => !usable.includes(controller));
      if (usable.includes("cpu") || usable.includes("memory")) {
        return new CgroupsV2(mounts.v2, parent, usable, note("2", usable, missing, problems));
      }
      problems.push(`${mounts.v2}: neither cpu nor memory can be handed down`);
    } catch (error) {
      problems.push(`${mounts.v2}: ${errnoWordsOf(error)}`);
    }
  }
  if (mounts.v1.size === 0 && mounts.v2 === undefined) problems.push("none are mounted");
  return noCgroups(`no usable cgroups, limits are not enforced (${problems.join("; ")})`);
}

function note(
  version: string,
  usable: readonly string[],
  missing: readonly string[],
  problems: readonly string[],
): string {
  const parts = [`cgroup v${version}: ${usable.join(", ")}`];
  if (missing.length > 0) parts.push(`not usable: ${missing.join(", ")}`);
  return problems.length === 0 ? parts.join("; ") : `${parts.join("; ")} (${problems.join("; ")})`;
}

/** Undefined when processes can be limited in `directory`; otherwise why not. */
function tryV1(controller: string, directory: string): string | undefined {
  try {
    makeDirectory(directory, 0o755);
  } catch (error) {
    return errnoWordsOf(error);
  }
  const [file, value] =
    controller === "cpu" ? ["cpu.shares", 1_024] : controller === "memory" ? ["memory.limit_in_bytes", -1] : [];
  if (file === undefined || value === undefined) return undefined;
  const failure = tryWrite(join(directory, file), value);
  return failure === undefined ? undefined : errnoWordsOf(failure);
}

function readMountinfo(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}

/** mountinfo writes blanks and backslashes as octal escapes. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
