// Control groups, version 2: one unified tree. Controllers are handed down only by cgroups without processes of their own, so
// whatever runs in the container's root cgroup (the wrapper included) is first moved into a leaf.
// Facts: kernel documentation admin-guide/cgroup-v2.rst. Lowering memory.max below use would kill: it is checked before.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Resources } from "@cke/protocol";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";
import type { Cgroup, Cgroups } from "./cgroup.ts";
import { killPids, pidsBelow, readText, removeTree, tryWrite } from "./cgroup-directory.ts";
import { memoryInUse, refuseBelowWorkingSet } from "./cgroup-v1.ts";
import { cpuMax, cpuShares, cpuWeight, keyedNumber } from "./cgroup-values.ts";

const wantedControllers = ["cpu", "memory", "pids"] as const;
const leaf = "init";

/** Makes `parent` below the mount with its controllers on. Returns the controllers that processes can have; throws system errors. */
export function prepareTree(mount: string, parent: string): readonly string[] {
  // Only the root cgroup of the machine has no cgroup.type, and only there may processes and children be side by side.
  if (existsSync(join(mount, "cgroup.type"))) {
    const own = readText(join(mount, "cgroup.procs"))
      .split("\n")
      .filter((pid) => pid !== "");
    if (own.length > 0) makeDirectory(join(mount, leaf), 0o755);
    for (const pid of own) tryWrite(join(mount, leaf, "cgroup.procs"), pid);
  }
  const available = readText(join(mount, "cgroup.controllers")).split(/\s+/);
  let usable = wantedControllers.filter((controller) => available.includes(controller));
  let directory = mount;
  for (const part of ["", ...parent.split("/").filter((name) => name !== "")]) {
    directory = join(directory, part);
    makeDirectory(directory, 0o755);
    usable = usable.filter(
      (controller) => tryWrite(join(directory, "cgroup.subtree_control"), `+${controller}`) === undefined,
    );
  }
  return usable;
}

export class CgroupsV2 implements Cgroups {
  readonly version = 2;
  readonly note: string;
  readonly #directory: string;
  readonly #controllers: readonly string[];
  readonly #shares = new Map<string, number>();

  constructor(mount: string, parent: string, controllers: readonly string[], note: string) {
    this.#directory = join(mount, parent);
    this.#controllers = controllers;
    this.note = note;
  }

  async open(name: string, resources: Resources): Promise<Cgroup> {
    const directory = join(this.#directory, name);
    try {
      makeDirectory(directory, 0o755);
    } catch (cause) {
      throw new WrapperError("internal", `cannot make the cgroup of ${name}: ${errnoWordsOf(cause)}`, { cause });
    }
    const cgroup = new CgroupV2(directory, this.#controllers, (millis) => this.#weigh(name, millis));
    await cgroup.apply(resources);
    return cgroup;
  }

  async limitWorkload(name: string, resources: Resources, what: "all" | "cpu" = "all"): Promise<void> {
    const directory = join(dirname(this.#directory), name);
    try {
      makeDirectory(directory, 0o755);
    } catch (cause) {
      throw new WrapperError("internal", `cannot make the cgroup ${name}: ${errnoWordsOf(cause)}`, { cause });
    }
    const cgroup = new CgroupV2(directory, this.#controllers, () => {});
    if (what === "cpu") {
      cgroup.applyCpu(resources);
      return;
    }
    cgroup.refuseBelowWorkingSet(resources.memoryBytes);
    await cgroup.apply(resources);
  }

  close(): void {
    removeTree(this.#directory);
  }

  /** As under version 1: the common parent weighs as much as everything in it. */
  #weigh(name: string, cpuMillis: number | undefined): void {
    if (cpuMillis === undefined) this.#shares.delete(name);
    else this.#shares.set(name, cpuShares(cpuMillis));
    if (!this.#controllers.includes("cpu")) return;
    const sum = [...this.#shares.values()].reduce((total, value) => total + value, 0);
    tryWrite(join(this.#directory, "cpu.weight"), cpuWeight((Math.max(1_024, sum) * 1_000) / 1_024));
  }
}

class CgroupV2 implements Cgroup {
  readonly joinFiles: readonly string[];
  readonly #directory: string;
  readonly #controllers: readonly string[];
  readonly #weigh: (cpuMillis: number | undefined) => void;

  constructor(directory: string, controllers: readonly string[], weigh: (cpuMillis: number | undefined) => void) {
    this.#directory = directory;
    this.#controllers = controllers;
    this.#weigh = weigh;
    this.joinFiles = [join(directory, "cgroup.procs")];
  }

  async apply(resources: Resources): Promise<void> {
    if (this.#controllers.includes("memory")) this.#limitMemory(resources.memoryBytes);
    this.applyCpu(resources);
  }

  applyCpu(resources: Resources): void {
    if (!this.#controllers.includes("cpu")) return;
    this.#write("cpu.weight", String(cpuWeight(resources.cpuMillis)));
    this.#weigh(resources.cpuMillis);
    this.#write("cpu.max", cpuMax(resources));
  }

  pids(): readonly number[] {
    return pidsBelow(this.#directory);
  }

  kill(): void {
    if (tryWrite(join(this.#directory, "cgroup.kill"), 1) !== undefined) killPids(this.pids());
  }

  oomKills(): number {
    return keyedNumber(readText(join(this.#directory, "memory.events")), "oom_kill");
  }

  remove(): boolean {
    const removed = removeTree(this.#directory);
    if (removed) this.#weigh(undefined);
    return removed;
  }

  /** As under version 1, and before anything is reclaimed. */
  refuseBelowWorkingSet(bytes: number): void {
    if (!this.#controllers.includes("memory")) return;
    const read = (name: string) => readText(join(this.#directory, name));
    const limit = read("memory.max").trim();
    refuseBelowWorkingSet(bytes, limit === "max" || limit === "" ? Number.POSITIVE_INFINITY : Number(limit), {
      usage: Number(read("memory.current")),
      inactive: keyedNumber(read("memory.stat"), "inactive_file"),
    });
  }

  #limitMemory(bytes: number): void {
    if (bytes > 0) {
      const used = () => Number(readText(join(this.#directory, "memory.current")));
      const excess = used() - bytes;
      // memory.reclaim answers EAGAIN when it gets back less than it was asked for; what counts is what is left in use.
      if (excess > 0) tryWrite(join(this.#directory, "memory.reclaim"), excess);
      if (used() > bytes) throw memoryInUse(bytes, used(), Number(readText(join(this.#directory, "memory.max"))));
    }
    this.#write("memory.max", bytes > 0 ? String(bytes) : "max");
    // Exists only where swap is accounted.
    tryWrite(join(this.#directory, "memory.swap.max"), bytes > 0 ? "0" : "max");
  }

  #write(file: string, value: string): void {
    const cause = tryWrite(join(this.#directory, file), value);
    if (cause !== undefined) {
      throw new WrapperError("internal", `cannot write ${value} to ${file}: ${errnoWordsOf(cause)}`, { cause });
    }
  }
}
