// The limits of a guest are those of its control groups.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { typeOnSerial } from "../testing/serial-line.ts";
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
  afterEach(async () => {
    await lab.clear();
  });
  afterAll(async () => {
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

  test("that it grows beyond end it: the kernel kills it, which is told with what helps, and its policy says what follows", async () => {
    // All of its memory, and nothing for QEMU.
    const definition = (policy: string) =>
      lab.definition({ memory: { mib: 512, overheadMib: 1 }, restart: { policy } });
    const booted = (times: number) =>
      expect.poll(() => lab.console().split("guest: ready").length - 1, { timeout: 900_000 }).toBe(times);
    /** The guest writes to more memory than there is with that of its emulator. */
    const grow = (vm: ReturnType<VmLab["executor"]>) =>
      typeOnSerial(
        vm,
        "mount -t tmpfs -o size=490m none /tmp; echo it grows $((40+2)); cat /dev/zero > /tmp/all",
        "grows 42",
      );
    const words =
      "the host's kernel killed the guest, because it took more memory than the VM has: give it more memory or overhead";
    const first = lab.executor("1");
    first.launch({ definition: definition("on-failure") });
    await first.running();
    await booted(1);
    const pids = lab.server.guestPids();
    await grow(first);
    await first.until(() => first.unit()?.cause === "out_of_memory" || first.context.ended);
    expect(first.last()).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    expect(first.last()?.message).toContain(words);
    await first.until(() => first.last()?.healthy === true);
    await booted(2);
    expect(lab.server.guestPids()).not.toEqual(pids);
    await first.driver.detach();
    const second = lab.executor("2");
    second.launch({ definition: definition("never") });
    await second.running();
    await grow(second);
    await second.ended();
    expect(second.last()).toMatchObject({ state: "TASK_FAILED", reason: "REASON_CONTAINER_LIMITATION_MEMORY" });
    expect(second.last()?.message).toContain(words);
    expect(second.unit()).toMatchObject({ cause: "out_of_memory", data: "kept" });
  });
});
