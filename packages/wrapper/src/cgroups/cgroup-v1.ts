// Control groups, version 1: a directory per process in each hierarchy that is there (cpu, cpuacct, memory, pids).
// Facts: kernel documentation admin-guide/cgroup-v1/{cgroups,memory}.rst; lowering a limit below use answers EBUSY.
import { dirname, join } from "node:path";
import type { Resources } from "@cke/protocol";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";
import type { Cgroup, Cgroups } from "./cgroup.ts";
import { killPids, pidsBelow, readText, removeTree, tryWrite } from "./cgroup-directory.ts";
import { bytesInWords, cfsPeriodMicroseconds, cfsQuota, cpuShares, keyedNumber } from "./cgroup-values.ts";

/** Mount points by controller; controllers that are mounted together have the same one. */
export type ControllerMounts = ReadonlyMap<string, string>;

const unlimited = -1;

export class CgroupsV1 implements Cgroups {
  readonly version = 1;
  readonly note: string;
  readonly #mounts: ControllerMounts;
  readonly #parent: string;
  readonly #shares = new Map<string, number>();

  /** `parent` is relative to each hierarchy's root. */
  constructor(mounts: ControllerMounts, parent: string, note: string) {
    this.#mounts = mounts;
    this.#parent = parent;
    this.note = note;
  }

  async open(name: string, resources: Resources): Promise<Cgroup> {
    for (const mount of new Set(this.#mounts.values())) {
      try {
        makeDirectory(join(mount, this.#parent, name), 0o755);
      } catch (cause) {
        throw new WrapperError("internal", `cannot make the cgroup of ${name}: ${errnoWordsOf(cause)}`, { cause });
      }
    }
    const cgroup = new CgroupV1(this.#mounts, join(this.#parent, name), {
      shares: (shares) => this.#weigh(name, shares),
      gone: () => this.#weigh(name, undefined),
    });
    await cgroup.apply(resources);
    return cgroup;
  }

  async limitWorkload(name: string, resources: Resources, what: "all" | "cpu" = "all"): Promise<void> {
    const path = join(dirname(this.#parent), name);
    const limits = new LimitsV1(this.#mounts, path, false);
    try {
      for (const directory of limits.directories) makeDirectory(directory, 0o755);
    } catch (cause) {
      throw new WrapperError("internal", `cannot make the cgroup ${path}: ${errnoWordsOf(cause)}`, { cause });
    }
    if (what === "all") limits.refuseBelowWorkingSet(resources.memoryBytes);
    if (what === "all") limits.apply(resources);
    else limits.applyCpu(resources);
  }

  close(): void {
    for (const mount of new Set(this.#mounts.values())) removeTree(join(mount, this.#parent));
  }

  /** The common parent competes with pods as the sum of what is in it, so that every process keeps the share it asked for. */
  #weigh(name: string, shares: number | undefined): void {
    if (shares === undefined) this.#shares.delete(name);
    else this.#shares.set(name, shares);
    const cpu = this.#mounts.get("cpu");
    if (cpu === undefined) return;
    const sum = [...this.#shares.values()].reduce((total, value) => total + value, 0);
    tryWrite(join(cpu, this.#parent, "cpu.shares"), Math.min(262_144, Math.max(1_024, sum)));
  }
}

interface Ledger {
  shares(shares: number): void;
  gone(): void;
}

class CgroupV1 implements Cgroup {
  readonly joinFiles: readonly string[];
  readonly #directories: readonly string[];
  readonly #limits: LimitsV1;
  readonly #ledger: Ledger;

  constructor(mounts: ControllerMounts, path: string, ledger: Ledger) {
    this.#directories = [...new Set([...mounts.values()].map((mount) => join(mount, path)))];
    this.joinFiles = this.#directories.map((directory) => join(directory, "cgroup.procs"));
    this.#limits = new LimitsV1(mounts, path, true);
    this.#ledger = ledger;
  }

  async apply(resources: Resources): Promise<void> {
    const shares = this.#limits.apply(resources);
    if (shares !== undefined) this.#ledger.shares(shares);
  }

  pids(): readonly number[] {
    return [...new Set(this.#directories.flatMap((directory) => pidsBelow(directory)))];
  }

  kill(): void {
    killPids(this.pids());
  }

  oomKills(): number {
    return this.#limits.oomKills();
  }

  remove(): boolean {
    const removed = this.#directories.map((directory) => removeTree(directory)).every(Boolean);
    if (removed) this.#ledger.gone();
    return removed;
  }
}

/** The limits of one path, in the hierarchies that have any. */
class LimitsV1 {
  readonly directories: readonly string[];
  readonly #cpu: string | undefined;
  readonly #memory: string | undefined;
  readonly #withSwap: boolean;

  /**
   * `withSwap`: also limits memory and swap together. Not where another program sets the memory limit as well: the kernel
   * refuses a memory limit above that of both together, and such a program does not know of the latter.
   */
  constructor(mounts: ControllerMounts, path: string, withSwap: boolean) {
    const directoryOf = (controller: string) => {
      const mount = mounts.get(controller);
      return mount === undefined ? undefined : join(mount, path);
    };
    this.#cpu = directoryOf("cpu");
    this.#memory = directoryOf("memory");
    this.directories = [this.#cpu, this.#memory].filter((directory) => directory !== undefined);
    this.#withSwap = withSwap;
  }

  /** The CPU shares that were set; undefined where CPUs cannot be shared out. */
  apply(resources: Resources): number | undefined {
    // Memory first: only it can be refused, and a refusal must leave everything as it was.
    if (this.#memory !== undefined) this.#limitMemory(this.#memory, resources.memoryBytes || unlimited);
    return this.applyCpu(resources);
  }

  applyCpu(resources: Resources): number | undefined {
    if (this.#cpu === undefined) return undefined;
    const shares = cpuShares(resources.cpuMillis);
    this.#write(join(this.#cpu, "cpu.shares"), shares);
    this.#write(join(this.#cpu, "cpu.cfs_period_us"), cfsPeriodMicroseconds);
    this.#write(join(this.#cpu, "cpu.cfs_quota_us"), cfsQuota(resources) ?? unlimited);
    return shares;
  }

  /**
   * Throws where a lower limit takes what the programs in it work with. The kernel takes page cache first, so that it accepts a limit
   * with which they are ended, or read their own code from the disk again and again.
   */
  refuseBelowWorkingSet(bytes: number): void {
    if (this.#memory === undefined) return;
    const before = Number(readText(join(this.#memory, "memory.limit_in_bytes")));
    const usage = Number(readText(join(this.#memory, "memory.usage_in_bytes")));
    const inactive = keyedNumber(readText(join(this.#memory, "memory.stat")), "total_inactive_file");
    refuseBelowWorkingSet(bytes, before, { usage, inactive });
  }

  oomKills(): number {
    return this.#memory === undefined ? 0 : keyedNumber(readText(join(this.#memory, "memory.oom_control")), "oom_kill");
  }

  #limitMemory(directory: string, bytes: number): void {
    const limitFile = join(directory, "memory.limit_in_bytes");
    // The limit of memory and swap together equals the memory limit: no swap. It exists only with swap accounting.
    const swapFile = join(directory, "memory.memsw.limit_in_bytes");
    const before = Number(readText(limitFile));
    const swap = this.#withSwap && readText(swapFile) !== "";
    const raise = bytes === unlimited || bytes > before;
    if (swap && raise) this.#write(swapFile, bytes);
    let failure = tryWrite(limitFile, bytes);
    if (errnoOf(failure) === "EBUSY") {
      tryWrite(join(directory, "memory.force_empty"), 0);
      failure = tryWrite(limitFile, bytes);
    }
    if (failure === undefined && swap && !raise) {
      failure = tryWrite(swapFile, bytes);
      if (failure !== undefined) tryWrite(limitFile, before);
    }
    if (failure === undefined) return;
    if (errnoOf(failure) !== "EBUSY") {
      throw new WrapperError("internal", `cannot set the memory limit: ${errnoWordsOf(failure)}`, { cause: failure });
    }
    const used = Number(readText(join(directory, "memory.usage_in_bytes")));
    throw memoryInUse(bytes, used, before);
  }

  #write(file: string, value: number): void {
    const cause = tryWrite(file, value);
    if (cause !== undefined) {
      throw new WrapperError("internal", `cannot write ${value} to ${file}: ${errnoWordsOf(cause)}`, { cause });
    }
  }
}

/**
 * Throws for a limit that is lowered below the working set: all that is used but the file cache that nobody has used for a while, as
 * kubelets count it (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/, memory.available). 0: no limit.
 */
export function refuseBelowWorkingSet(
  asked: number,
  before: number,
  { usage, inactive }: { readonly usage: number; readonly inactive: number },
): void {
  const used = Math.max(0, usage - inactive);
  if (asked === 0 || !(asked < before) || !(used > asked)) return;
  throw new WrapperError(
    "failed_precondition",
    `a memory limit of ${bytesInWords(asked)} is below the ${bytesInWords(used)} that the programs in it work with; ${stayingLimit(before)} stays. Ask for more, or end some of them first`,
  );
}

// Version 1 reads "no limit" as the largest multiple of a page in 63 bits.
const stayingLimit = (before: number) =>
  before > 2 ** 62 || !Number.isFinite(before) ? "no limit" : `the limit of ${bytesInWords(before)}`;

/** The refusal of a memory limit below what is in use; `before` is the limit that stays. */
export function memoryInUse(asked: number, used: number, before: number): WrapperError {
  const stays = stayingLimit(before);
  return new WrapperError(
    "failed_precondition",
    `a memory limit of ${bytesInWords(asked)} is below the ${bytesInWords(used)} in use, which cannot be reclaimed (EBUSY); ` +
      `${stays} stays. Ask for more, or stop the process first`,
  );
}
