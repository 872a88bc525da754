// The limits of a guest are those of its control groups.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests, VmLab } from "../testing/vm-lab.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_200_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a guest's limits", () => {
  let lab: VmLab;
  beforeAll(async () => {
    lab = await VmLab.open({ controlGroups: true });
  }, 900_000);
  afterAll(async () => {
    await lab.clear();
    await lab.close();
  });

  /** A setting of the guest's groups, of either version of cgroups; undefined when there is none. */
  function setting(pid: number, ...names: readonly string[]): string | undefined {
    for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n")) {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      const tops =
        controllers === "" ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : [`/sys/fs/cgroup/${controllers}`];
      // Threads of the guest have groups of their own below that of the domain.
      const folder = path.replace(/(\/libvirt)?\/(emulator|vcpu\d+)$/, "");
      for (const top of tops)
        for (const name of names) {
          const file = join(top, folder, name);
          if (folder.includes("libvirt-qemu") && existsSync(file)) return readFileSync(file, "utf8").trim();
        }
    }
    return undefined;
  }

  test("are what Mesos accounts for it", async () => {
    const vm = lab.executor();
    const definition = lab.definition({
      cpu: { count: 1, limitMillis: 500, quota: true },
      memory: { mib: 128, overheadMib: 192 },
    });
    vm.launch({ definition });
    await vm.running();
    expect(vm.report()?.warnings.filter((words) => words.includes("not enforced"))).toEqual([]);
    const [pid = 0] = lab.server.guestPids();
    expect(setting(pid, "memory.limit_in_bytes", "memory.max")).toBe(String(320 * 2 ** 20));
    expect(["512", "50"]).toContain(setting(pid, "cpu.shares", "cpu.weight"));
    expect(["50000", "50000 100000"]).toContain(setting(pid, "cpu.cfs_quota_us", "cpu.max"));
  });
});
