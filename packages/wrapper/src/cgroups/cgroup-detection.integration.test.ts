// Detection from mountinfo, and version 2 over a directory that plays the file system.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cgroupMounts, detectCgroups } from "./cgroup-detection.ts";

const v1Lines = `
30 20 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:7 - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/with\\040blank rw,relatime - cgroup cgroup rw,pids
34 30 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
35 30 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;

describe("cgroupMounts", () => {
  it("finds every controller and the unified tree", () => {
    const { v1, v2 } = cgroupMounts(v1Lines);
    expect([...v1]).toEqual([
      ["cpu", "/sys/fs/cgroup/cpu,cpuacct"],
      ["cpuacct", "/sys/fs/cgroup/cpu,cpuacct"],
      ["memory", "/sys/fs/cgroup/memory"],
      ["pids", "/sys/fs/cgroup/with blank"],
    ]);
    expect(v2).toBe("/sys/fs/cgroup/unified");
  });
});

describe("version 2", () => {
  let root: string;
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "cke-cgroup2-"));
    put("cgroup.controllers", "cpuset cpu io memory pids\n");
    put("cgroup.subtree_control", "");
    put("cke/cgroup.subtree_control", "");
    put("cke/cpu.weight", "");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const detect = () => detectCgroups("/cke", `30 20 0:26 / ${root} rw - cgroup2 cgroup2 rw`);
  const processFiles = () => {
    for (const file of ["cgroup.procs", "cpu.weight", "cpu.max", "memory.max", "memory.swap.max"])
      put(`cke/etcd/${file}`, "");
    put("cke/etcd/memory.current", "0\n");
    put("cke/etcd/memory.events", "low 0\noom 2\noom_kill 2\n");
  };

  it("moves the processes of the container's root into a leaf and hands the controllers down", () => {
    put("cgroup.type", "domain\n");
    put("cgroup.procs", "12\n13\n");
    put("init/cgroup.procs", "");
    const cgroups = detect();
    expect(cgroups).toMatchObject({ version: 2, note: "cgroup v2: cpu, memory, pids" });
    expect(text("init/cgroup.procs")).toBe("13");
    expect(text("cgroup.subtree_control")).toMatch(/^\+pids/);
    expect(text("cke/cgroup.subtree_control")).toMatch(/^\+pids/);
  });

  it("leaves the root of the machine as it is", () => {
    put("cgroup.procs", "1\n");
    detect();
    expect(existsSync(join(root, "init"))).toBe(false);
  });

  it("writes weight, quota and limit, and takes them back", async () => {
    processFiles();
    const cgroup = await detect().open("etcd", { cpuMillis: 500, memoryBytes: 64 * 1024 * 1024, cfsQuota: true });
    expect(cgroup.joinFiles).toEqual([join(root, "cke/etcd/cgroup.procs")]);
    expect([text("cke/etcd/cpu.weight"), text("cke/etcd/cpu.max"), text("cke/etcd/memory.max")]).toEqual([
      "20",
      "50000 100000",
      "67108864",
    ]);
    expect(cgroup.oomKills()).toBe(2);
    put("cke/etcd/memory.max", "");
    await cgroup.apply({ cpuMillis: 3_000, memoryBytes: 0, cfsQuota: false });
    expect([text("cke/etcd/cpu.max").slice(0, 10), text("cke/etcd/memory.max")]).toEqual(["max 100000", "max"]);
    // The parent weighs as much as everything in it.
    expect(text("cke/cpu.weight")).toBe("118");
  });

  it("limits what a process runs for others beside the processes, and leaves it there", async () => {
    for (const file of ["cpu.weight", "cpu.max", "memory.max", "memory.swap.max"]) put(`kubepods/${file}`, "");
    put("kubepods/memory.current", "0\n");
    const cgroups = detect();
    await cgroups.limitWorkload("kubepods", { cpuMillis: 2_000, memoryBytes: 512 * 1024 * 1024, cfsQuota: true });
    expect([text("kubepods/cpu.max"), text("kubepods/memory.max"), text("cke/cpu.weight")]).toEqual([
      "200000 100000",
      String(512 * 1024 * 1024),
      "",
    ]);
    cgroups.close();
    expect(existsSync(join(root, "kubepods"))).toBe(true);
  });

  it("refuses a limit below use instead of letting the kernel kill, and changes nothing", async () => {
    processFiles();
    const cgroup = await detect().open("etcd", { cpuMillis: 1_000, memoryBytes: 64 * 1024 * 1024, cfsQuota: false });
    put("cke/etcd/memory.current", "50000000\n");
    put("cke/etcd/memory.max", "67108864\n");
    put("cke/etcd/memory.reclaim", "");
    const change = cgroup.apply({ cpuMillis: 1_000, memoryBytes: 32 * 1024 * 1024, cfsQuota: true });
    await expect(change).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("a memory limit of 32 MiB is below the 47.7 MiB in use"),
    });
    expect(text("cke/etcd/memory.max")).toBe("67108864\n");
    expect(text("cke/etcd/memory.reclaim")).toBe(String(50_000_000 - 32 * 1024 * 1024));
    expect(text("cke/etcd/cpu.max")).toBe("max 100000");
  });

  it("says why when nothing can be used", () => {
    rmSync(join(root, "cgroup.controllers"));
    const cgroups = detect();
    expect(cgroups.version).toBe(0);
    expect(cgroups.note).toContain("neither cpu nor memory can be handed down");
    expect(detectCgroups("/cke", "").note).toBe("no usable cgroups, limits are not enforced (none are mounted)");
    expect(detectCgroups("/cke", "31 30 0:27 / /proc rw - cgroup cgroup rw,cpu,memory").note).toContain(
      "limits are not enforced",
    );
  });
});
