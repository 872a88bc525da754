// Limits of processor and memory at a real daemon that gives guests control groups of their own.
import { existsSync } from "node:fs";
import { afterEach, expect } from "vitest";
import { isLibvirtError, unlimitedKib } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon({ controlGroups: true });
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("shares, quotas and memory limits are set and read", async () => {
  const { sizing, domains } = daemon().libvirt;
  const { xml } = tinyDomain({ memoryMib: 64 });
  const domain = await domains.create(xml, { paused: true });
  ends.push(() => domains.destroy(domain));
  const version1 = existsSync("/sys/fs/cgroup/cpu");
  const cpuShares = version1 ? 512 : 50;
  await sizing.setSchedulerParameters(
    domain,
    { cpuShares, vcpuPeriodUs: 100_000, vcpuQuotaUs: 50_000 },
    { affect: "live" },
  );
  expect(await sizing.schedulerParameters(domain)).toMatchObject({
    cpuShares,
    vcpuPeriodUs: 100_000,
    vcpuQuotaUs: 50_000,
  });
  await sizing.setSchedulerParameters(domain, { vcpuQuotaUs: -1 });
  // Without a limit the daemon tells -1, or the largest number of the kernel (2^64 / 1000).
  const { vcpuQuotaUs = 0 } = await sizing.schedulerParameters(domain);
  expect(vcpuQuotaUs < 0 || vcpuQuotaUs > 1e15).toBe(true);
  await sizing.setMemoryParameters(domain, { hardLimitKib: 1024 * 1024 }, { affect: "live" });
  const { hardLimitKib, swapHardLimitKib } = await sizing.memoryParameters(domain);
  expect(hardLimitKib).toBe(1024 * 1024);
  expect(swapHardLimitKib === undefined || swapHardLimitKib >= 1024 * 1024).toBe(true);
  await sizing.setMemoryParameters(domain, { hardLimitKib: unlimitedKib });
  expect((await sizing.memoryParameters(domain)).hardLimitKib).toBe(unlimitedKib);
  await expect(sizing.setSchedulerParameters(domain, { vcpuPeriodUs: 1 })).rejects.toSatisfy((error) =>
    isLibvirtError(error),
  );
});
