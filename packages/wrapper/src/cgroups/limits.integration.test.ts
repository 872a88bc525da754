// Limits on the machine's real cgroups, in a private sub-tree. Where no cgroups can be written, the documented behaviour without
// them is what is asserted.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { type ProcessSpecInit, wrapperService } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive, WrapperFixture } from "../testing/wrapper-fixture.ts";
import { cgroupMounts } from "./cgroup-detection.ts";

const MiB = 1024 * 1024;
let wrapper: WrapperFixture;
let version: number;
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
  version = (await wrapper.call(wrapperService.info, {})).cgroupVersion;
});
afterAll(async () => {
  await wrapper.dispose();
});

const start = (spec: ProcessSpecInit) => wrapper.call(wrapperService.start, { spec: { stopGraceMs: 2_000, ...spec } });
const forget = (name: string) => wrapper.call(wrapperService.stop, { name, graceMs: 1, forget: true });
const running = async (name: string) => wrapper.waitFor(name, ({ phase }) => phase === "running");
const mounts = cgroupMounts(readFileSync("/proc/self/mountinfo", "utf8"));
const file = (controller: string, name: string, control: string) => {
  const mount = version === 1 ? mounts.v1.get(controller) : mounts.v2;
  return join(mount ?? "/none", wrapper.cgroup, name, control);
};
const text = (controller: string, name: string, control: string) =>
  readFileSync(file(controller, name, control), "utf8").trim();
/** Control file and value of a limit, by version. */
const limitsOf = (name: string) =>
  version === 1
    ? [
        text("cpu", name, "cpu.shares"),
        text("cpu", name, "cpu.cfs_quota_us"),
        text("memory", name, "memory.limit_in_bytes"),
      ]
    : [text("cpu", name, "cpu.weight"), text("cpu", name, "cpu.max"), text("memory", name, "memory.max")];

describe("limits", () => {
  it("are there before the process's first instruction", async () => {
    await start({
      name: "early",
      command: ["/bin/cat", "/proc/self/cgroup"],
      oneShot: true,
      resources: { cpuMillis: 500, memoryBytes: 64 * MiB },
    });
    await wrapper.waitFor("early", ({ phase }) => phase === "finished");
    const own = readFileSync(join(wrapper.directory, "output/early/stdout"), "utf8");
    if (version === 0) {
      expect((await wrapper.call(wrapperService.info, {})).cgroupNote).toContain("limits are not enforced");
      expect(own).not.toContain(wrapper.cgroup);
    } else {
      expect(own.split("\n").filter((line) => line.endsWith(`${wrapper.cgroup}/early`)).length).toBeGreaterThan(0);
    }
    await forget("early");
  });

  it("come with the wrapper's own place in the kernel's order of whom to end for want of memory", async () => {
    await start({ name: "ordinary", command: ["/bin/cat", "/proc/self/oom_score_adj"], oneShot: true });
    await wrapper.waitFor("ordinary", ({ phase }) => phase === "finished");
    const own = readFileSync(`/proc/${wrapper.child.pid}/oom_score_adj`, "utf8");
    expect(readFileSync(join(wrapper.directory, "output/ordinary/stdout"), "utf8")).toBe(own);
    await forget("ordinary");
  });

  it("are shares always, a quota when asked, memory; and change live", async () => {
    const resources = { cpuMillis: 500, memoryBytes: 64 * MiB, cfsQuota: false };
    await start({ name: "live", command: ["/bin/sleep", "1000"], resources });
    const { pid } = await running("live");
    const change = { cpuMillis: 250, memoryBytes: 128 * MiB, cfsQuota: true };
    if (version > 0) {
      expect(limitsOf("live")).toEqual(
        version === 1 ? ["512", "-1", String(64 * MiB)] : ["20", "max 100000", String(64 * MiB)],
      );
    }
    const changed = await wrapper.call(wrapperService.setResources, { name: "live", resources: change });
    expect(changed).toMatchObject({ pid, phase: "running", resources: change });
    if (version > 0) {
      expect(limitsOf("live")).toEqual(
        version === 1 ? ["256", "25000", String(128 * MiB)] : ["10", "25000 100000", String(128 * MiB)],
      );
    }
    await wrapper.call(wrapperService.setResources, { name: "live", resources: {} });
    if (version === 1) expect(limitsOf("live").slice(0, 2)).toEqual(["1024", "-1"]);
    await forget("live");
    expect(existsSync(file("memory", "live", "cgroup.procs"))).toBe(false);
  });

  it("refuse a memory limit below what is in use, and keep the old one", async () => {
    await start({
      name: "full",
      // 80 MB of anonymous memory, which nothing can reclaim without swap.
      command: [
        process.execPath,
        "-e",
        "const b = Buffer.alloc(80e6, 1); console.log('ready'); setInterval(() => b[0]++, 1e6)",
      ],
      resources: { memoryBytes: 512 * MiB },
    });
    const { pid } = await running("full");
    const log = join(wrapper.directory, "output/full/stdout");
    await expect.poll(() => existsSync(log) && readFileSync(log, "utf8"), { timeout: 120_000 }).toBe("ready\n");
    const lower = wrapper.call(wrapperService.setResources, { name: "full", resources: { memoryBytes: 32 * MiB } });
    if (version === 0) {
      expect((await lower).resources?.memoryBytes).toBe(32 * MiB);
    } else {
      expect(await wrapper.refusal(lower)).toMatch(
        /^FAILED_PRECONDITION: a memory limit of 32 MiB is below the .* MiB in use, which cannot be reclaimed \(EBUSY\); the limit of 512 MiB stays/,
      );
      expect(limitsOf("full")[2]).toBe(String(512 * MiB));
      const { processes } = await wrapper.call(wrapperService.list, {});
      expect(processes.find(({ name }) => name === "full")?.resources?.memoryBytes).toBe(512 * MiB);
    }
    expect(isAlive(pid)).toBe(true);
    await forget("full");
  });

  it("end a process that wants more memory, and it is told so", async () => {
    const eater = "const list = []; for (;;) list.push(Buffer.alloc(4e6, 1))";
    // Without a limit the eater would eat the machine: it then gets a bound of its own.
    const bound = version === 0 ? "process.kill(process.pid, 'SIGKILL')" : eater;
    await start({
      name: "greedy",
      command: [process.execPath, "-e", bound],
      resources: { memoryBytes: 96 * MiB },
      restart: { mode: "never" },
    });
    const state = await wrapper.waitFor("greedy", ({ phase }) => phase === "failed");
    expect(state).toMatchObject({ exitSignal: "KILL", outOfMemory: version > 0 });
    if (version > 0) expect(state.reason).toMatch(/^ended by its memory limit of 96 MiB \(out of memory\) after /);
    await forget("greedy");
  });

  it("throttle with a quota", async () => {
    await start({
      name: "busy",
      command: ["/bin/sh", "-c", "while :; do :; done"],
      resources: { cpuMillis: 200, cfsQuota: true },
    });
    await running("busy");
    if (version > 0) {
      const throttled = () => Number(/nr_throttled (\d+)/.exec(text("cpu", "busy", "cpu.stat"))?.[1]);
      await expect.poll(throttled, { timeout: 120_000 }).toBeGreaterThan(2);
    }
    await forget("busy");
  });

  it("are those of what it runs for others, where it has a cgroup for that; itself it has its overhead", async () => {
    const workload = `${wrapper.cgroup.slice(1)}-pods`;
    const directories = [mounts.v1.get("cpu"), mounts.v1.get("memory"), mounts.v2]
      .filter((mount) => mount !== undefined)
      .map((mount) => join(mount, workload));
    try {
      await start({
        name: "host",
        command: ["/bin/sleep", "1000"],
        resources: { cpuMillis: 2_000, memoryBytes: 256 * MiB, cfsQuota: true },
        workloadCgroup: workload,
        overhead: { cpuMillis: 500, memoryBytes: 64 * MiB },
      });
      await running("host");
      const change = { cpuMillis: 1_000, memoryBytes: 128 * MiB, cfsQuota: true };
      if (version > 0) {
        const own = version === 1 ? ["512", "-1"] : ["20", "max 100000"];
        const ofWorkload = (cpus: number) =>
          version === 1
            ? [String(1_024 * cpus), String(100_000 * cpus)]
            : [expect.anything(), `${100_000 * cpus} 100000`];
        expect(limitsOf("host")).toEqual([...own, String(64 * MiB)]);
        expect(limitsOf(`../${workload}`)).toEqual([...ofWorkload(2), String(256 * MiB)]);
        await wrapper.call(wrapperService.setResources, { name: "host", resources: change });
        expect(limitsOf("host")).toEqual([...own, String(64 * MiB)]);
        expect(limitsOf(`../${workload}`)).toEqual([...ofWorkload(1), String(128 * MiB)]);
      }
      await forget("host");
      // What it runs may outlive it: so does the cgroup with its limits.
      if (version > 0) expect(limitsOf(`../${workload}`)[2]).toBe(String(128 * MiB));
    } finally {
      for (const directory of directories) if (existsSync(directory)) rmdirSync(directory);
    }
  });

  it("of what it runs for others are refused below what that works with, also where the kernel would take its cache", async () => {
    const workload = `${wrapper.cgroup.slice(1)}-busy`;
    const memory = join(version === 1 ? (mounts.v1.get("memory") ?? "/none") : (mounts.v2 ?? "/none"), workload);
    const directories = [mounts.v1.get("cpu"), mounts.v1.get("memory"), mounts.v2]
      .filter((mount) => mount !== undefined)
      .map((mount) => join(mount, workload));
    const large = join(wrapper.directory, "large");
    try {
      const resources = { memoryBytes: 256 * MiB };
      await start({ name: "host", command: ["/bin/sleep", "1000"], resources, workloadCgroup: workload, overhead: {} });
      await running("host");
      const change = (mib: number) =>
        wrapper.call(wrapperService.setResources, { name: "host", resources: { memoryBytes: mib * MiB } });
      if (version === 0) {
        await change(32);
        return;
      }
      // A program in it that makes a file and reads it again and again: its pages are cache, and in use.
      const reads = `head -c ${96 * MiB} /dev/zero > ${large}; for i in 1 2 3 4; do cat ${large} > /dev/null; done`;
      execFileSync("/bin/sh", ["-c", `echo $$ > ${memory}/cgroup.procs; ${reads}`]);
      const limit = () =>
        readFileSync(`${memory}/${version === 1 ? "memory.limit_in_bytes" : "memory.max"}`, "utf8").trim();
      expect(await wrapper.refusal(change(32))).toMatch(
        /^FAILED_PRECONDITION: a memory limit of 32 MiB is below the .* MiB that the programs in it work with; the limit of 256 MiB stays\./,
      );
      expect(limit()).toBe(String(256 * MiB));
      // Started anew with such a limit, it runs with the one that stays, and says so.
      await forget("host");
      const lower = { memoryBytes: 32 * MiB, cpuMillis: 3_000, cfsQuota: true };
      const host = { name: "host", command: ["/bin/sleep", "1000"], workloadCgroup: workload, overhead: {} };
      await start({ ...host, resources: lower });
      const { pid, reason } = await wrapper.waitFor(
        "host",
        (state) => state.phase === "running" && state.reason !== "",
      );
      expect(reason).toMatch(/limit of 32 MiB is below the .*; the limit of 256 MiB stays\./);
      // CPUs are not refused with it.
      expect(limitsOf(`../${workload}`)[1]).toBe(version === 1 ? "300000" : "300000 100000");
      expect(limit()).toBe(String(256 * MiB));
      await change(192);
      expect(limit()).toBe(String(192 * MiB));
      await wrapper.waitFor(
        "host",
        (state) => state.pid === pid && state.reason === "" && state.resources?.memoryBytes === 192 * MiB,
      );
      await change(256);
      expect(limit()).toBe(String(256 * MiB));
    } finally {
      await forget("host");
      for (const directory of directories) if (existsSync(directory)) rmdirSync(directory);
    }
  });

  it("give the common parent the weight of everything in it", async () => {
    await start({ name: "w1", command: ["/bin/sleep", "1000"], resources: { cpuMillis: 2_000 } });
    await start({ name: "w2", command: ["/bin/sleep", "1000"], resources: { cpuMillis: 1_000 } });
    await running("w1");
    await running("w2");
    if (version === 1) expect(text("cpu", "", "cpu.shares")).toBe("3072");
    await forget("w1");
    await forget("w2");
    if (version === 1) expect(text("cpu", "", "cpu.shares")).toBe("1024");
  });
});

describe("a wrapper that was killed", () => {
  it("leaves processes running, and the next one ends them before it starts the same name", async () => {
    const first = await WrapperFixture.start();
    const spec = { name: "twin", command: ["/bin/sleep", "1000"], stopGraceMs: 1_000 };
    await first.call(wrapperService.start, { spec });
    const { pid } = await first.waitFor("twin", ({ phase }) => phase === "running");
    first.child.kill("SIGKILL");
    await new Promise((resolve) => first.child.once("exit", resolve));
    expect(isAlive(pid)).toBe(true);
    const next = await first.startAgain();
    try {
      await next.call(wrapperService.start, { spec });
      await next.waitFor("twin", ({ phase }) => phase === "running");
      expect(isAlive(pid)).toBe(version === 0);
    } finally {
      if (isAlive(pid)) process.kill(pid, "SIGKILL");
      first.client.close();
      await next.dispose();
    }
  });
});
