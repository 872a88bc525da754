// Options of hosts on a real engine: a real lxcfs and its death, a CPU quota as the kernel accounts for it, and a data directory on xfs.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { processReport, type RecordingContext } from "@cke/executor-core/testing/recording-context";
import { TaskReport } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type DockerLab, docker } from "../testing/docker-lab.ts";
import { message, nodeId, ready, useDriverLab } from "../testing/driver-lab.ts";
import { removalOrder } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, processSpec } from "../testing/launches.ts";

const run = promisify(execFile);
const { lab: openLab, executor, task } = useDriverLab();
let lab: DockerLab;
let directory: string;
beforeAll(async () => {
  lab = openLab();
  directory = await mkdtemp(join(tmpdir(), "cke-host-options-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const patience = { timeout: 120_000, interval: 200 };
const inNode = async (program: string, ...args: readonly string[]) =>
  await docker("exec", `cke-${lab.name}-n`, `/bin/${program}`, ...args);
const reportOf = (context: RecordingContext) => {
  const data = context.of(nodeId).at(-1)?.data;
  const report = data === undefined ? undefined : TaskReport.decode(data).report;
  return report?.kind === "unit" ? report.value : undefined;
};

const lxcfsMissing = !existsSync("/usr/bin/lxcfs") || !existsSync("/dev/fuse");

describe.skipIf(lxcfsMissing)("with a real lxcfs", () => {
  let mount: string;
  let lxcfs: ChildProcess | undefined;
  const limited = () => task({ lxcfsPath: mount, cpuMillis: 1_000, memoryBytes: 256 * 1024 * 1024, cfsQuota: true });
  beforeAll(async () => {
    mount = await mkdtemp(join(directory, "lxcfs-"));
    const pidFile = join(directory, "lxcfs.pid");
    lxcfs = spawn("lxcfs", ["-f", "--enable-cfs", "-p", pidFile, mount], { stdio: "ignore" });
    await expectSoon(() => existsSync(join(mount, "proc/uptime")));
  });
  afterAll(async () => {
    lxcfs?.kill("SIGKILL");
    await run("umount", ["-l", mount]).catch(() => undefined);
  });

  test("free, nproc and uptime in the node are the node's; when it dies, the node says so, and so does the next launch", async () => {
    const { context, driver } = executor();
    driver.launch(launchNode(limited(), nodeId));
    await ready(context);
    expect(message(context)).toBe("ready");
    expect(await inNode("free", "-b")).toMatch(/^Mem:\s+268435456\s/m);
    expect(await inNode("nproc")).toBe("1");
    expect((await inNode("cat", "/proc/cpuinfo")).match(/^processor/gm)).toHaveLength(1);
    const seconds = (text: string) => Number(text.split(" ")[0]);
    const [own, host] = [seconds(await inNode("cat", "/proc/uptime")), seconds(readFileSync("/proc/uptime", "utf8"))];
    expect(own).toBeLessThan(host - 1);
    expect(await inNode("uptime")).toMatch(/up \d min/);
    expect(reportOf(context)?.hostProblem).toBe("");

    lxcfs?.kill("SIGKILL");
    await expect
      .poll(() => reportOf(context)?.hostProblem, patience)
      .toContain(`lxcfs at ${mount} on this host has died`);
    expect(reportOf(context)).toMatchObject({ launchStep: "ready", unresponsiveSinceMs: 0 });
    expect(context.of(nodeId).at(-1)?.state).toBe("TASK_RUNNING");
    driver.message(removalOrder(context.executorId));
    await driver.shutdown();

    const next = executor("2");
    next.driver.launch(launchNode(limited(), nodeId));
    await ready(next.context);
    expect(message(next.context)).toContain(`lxcfs at ${mount} on this host has died`);
    expect(message(next.context)).toContain("umount -l");
  });
});

/** The lab's image with cgroups that can be written, as a KubeNode's entry makes them. */
async function imageWithCgroups(): Promise<string> {
  const image = `${lab.image}-cgroups`;
  const writable =
    "for d in /sys /sys/fs/cgroup /sys/fs/cgroup/*; do /bin/mount -o remount,bind,rw $d; done 2>/dev/null";
  const entry = ["/bin/sh", "-c", `/bin/mount -o remount,rw /sys; ${writable}; exec /node /wrapper.cjs`];
  const container = await docker("create", lab.image);
  await docker("commit", "-c", `ENTRYPOINT ${JSON.stringify(entry)}`, container, image);
  await docker("rm", container);
  return image;
}

test("-k8s_cfs: a process that is limited to 0.25 CPUs uses a quarter of each period, as the kernel accounts for it", async () => {
  const image = await imageWithCgroups();
  onTestFinished(async () => void (await docker("rmi", "-f", image)));
  const { context, driver } = executor();
  const memoryBytes = 256 * 1024 * 1024;
  driver.launch(launchNode(task({ image, cpuMillis: 2_000, memoryBytes, cfsQuota: true }), nodeId));
  const resources = { cpuMillis: 250, memoryBytes: 128 * 1024 * 1024, cfsQuota: true };
  driver.launch(
    launchProcess(processSpec("spin", { command: ["/bin/sh", "-c", "while :; do :; done"], resources }), "p"),
  );
  await context.until(() => context.of("p").at(-1)?.healthy === true);
  const pid = processReport(context.of("p").at(-1)?.data)?.pid ?? 0;
  // What is used is read before and after the periods: on a busy machine seconds may pass between two files.
  const accounts = async () => {
    const groups = await inNode("cat", `/proc/${pid}/cgroup`);
    const unified = /^0::(\S+)/m.exec(groups)?.[1] ?? "/";
    const of = (controller: string) =>
      new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(\\S+)`, "m").exec(groups)?.[1];
    const cpu = of("cpu");
    const root = "/sys/fs/cgroup";
    const usage = `${root}/cpuacct${of("cpuacct")}/cpuacct.usage`;
    const files =
      cpu === undefined
        ? [`${root}${unified}/cpu.max`, `${root}${unified}/cpu.stat`]
        : [`cpu.cfs_quota_us`, `cpu.cfs_period_us`, `cpu.stat`].map((name) => `${root}/cpu${cpu}/${name}`);
    const text = await inNode("cat", ...(cpu === undefined ? files : [usage, ...files, usage]));
    const numbers = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(\\d+)$`, "gm"))].map(([, digits]) => Number(digits));
    const [periods = Number.NaN] = numbers("nr_periods ");
    const [throttled = Number.NaN] = numbers("nr_throttled ");
    if (cpu === undefined) {
      const [usec = Number.NaN] = numbers("usage_usec ");
      const limit = /^(\d+ \d+)$/m.exec(text)?.[1];
      return { periods, throttled, limit, usedMs: { before: usec / 1_000, after: usec / 1_000 } };
    }
    const [before = Number.NaN, quota = Number.NaN, period = Number.NaN, after = Number.NaN] = numbers("");
    return {
      periods,
      throttled,
      limit: `${quota} ${period}`,
      usedMs: { before: before / 1_000_000, after: after / 1_000_000 },
    };
  };
  const beganMs = performance.now();
  const begun = await accounts();
  const since = async () => {
    const now = await accounts();
    const leastMs = now.usedMs.before - begun.usedMs.after;
    const mostMs = now.usedMs.after - begun.usedMs.before;
    const wallMs = performance.now() - beganMs;
    const [periods, throttled] = [now.periods - begun.periods, now.throttled - begun.throttled];
    return { periods, throttled, leastMs, mostMs, wallMs, limit: now.limit };
  };
  type Measured = Awaited<ReturnType<typeof since>>;
  const isEnough = ({ periods, throttled }: Measured) => periods > 100 && throttled > 20;
  let measured = await since();
  // Where others take the machine it gets less than its quota, for as long as they do.
  while (!isEnough(measured) && measured.wallMs < patience.timeout) {
    await new Promise((resolve) => setTimeout(resolve, patience.interval));
    measured = await since();
  }
  const { periods, throttled, leastMs, mostMs, wallMs, limit } = measured;
  expect(limit).toBe("25000 100000");
  expect(periods).toBeGreaterThan(0);
  // Never more, by the kernel's periods of 100 ms and by the clock, whoever else uses the machine.
  expect(leastMs).toBeLessThan(periods * 25 * 1.05 + 25);
  expect(leastMs).toBeLessThan(wallMs * 0.25 * 1.05 + 25);
  // In a period in which it is throttled it has used all of its quota; in others the machine did not give it so much.
  expect(mostMs).toBeGreaterThan(throttled * 25 * 0.95);
  // It had the time: a quarter it is.
  if (throttled * 100 > wallMs * 0.98) expect(mostMs / wallMs).toBeGreaterThan(0.25 * 0.93);
});

describe.skipIf(!existsSync("/usr/sbin/mkfs.xfs"))("-k8s_docker_path on xfs", () => {
  let mount: string;
  beforeAll(async () => {
    mount = await mkdtemp(join(directory, "xfs-"));
    const image = join(directory, "xfs.img");
    await writeFile(image, "");
    await truncate(image, 320 * 1024 * 1024);
    await run("mkfs.xfs", ["-q", image]);
    await run("mount", ["-o", "loop", image, mount]);
  });
  afterAll(async () => {
    await run("umount", ["-l", mount]);
  });

  test("the data of the node's Docker is there, and goes when its removal is ordered", async () => {
    const { context, driver } = executor();
    driver.launch(launchNode(task({ nodeType: "node", dockerPath: mount }), nodeId));
    await ready(context);
    expect(message(context)).toBe("ready");
    expect(await inNode("cat", "/proc/mounts")).toMatch(/ \/var\/lib\/docker xfs /);
    await inNode("sh", "-c", "echo data >/var/lib/docker/file");
    const [cluster = ""] = await readdir(mount);
    const [own = ""] = await readdir(join(mount, cluster));
    expect(readFileSync(join(mount, cluster, own, "file"), "utf8")).toBe("data\n");
    driver.message(removalOrder(context.executorId));
    await driver.shutdown();
    expect(existsSync(join(mount, cluster, own))).toBe(false);
  });
});

/** For what is set up before a test. */
async function expectSoon(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 120_000, interval: 50 });
}
