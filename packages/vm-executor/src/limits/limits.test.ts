// What Mesos accounts is what the guest may take.
import { VmCpu, VmDefinition } from "@cke/protocol";
import { expect, test } from "vitest";
import { memoryParameters, schedulerParameters } from "./limits.ts";

test.each([
  [{ count: 2, limitMillis: 1_500 }, false, { cpuShares: 1_536, globalPeriodUs: 100_000, globalQuotaUs: -1 }],
  [
    { count: 2, limitMillis: 1_500, quota: true },
    false,
    { cpuShares: 1_536, globalPeriodUs: 100_000, globalQuotaUs: 150_000 },
  ],
  [{ count: 2 }, false, { cpuShares: 2_048, globalPeriodUs: 100_000, globalQuotaUs: -1 }],
  [{ count: 1, limitMillis: 1, quota: true }, false, { cpuShares: 2, globalPeriodUs: 100_000, globalQuotaUs: 1_000 }],
  [{ count: 1, limitMillis: 2_000 }, true, { cpuShares: 200, globalPeriodUs: 100_000, globalQuotaUs: -1 }],
])("processor %j", (cpu, weights, parameters) => {
  expect(schedulerParameters(VmCpu.create(cpu), weights)).toEqual(parameters);
});

test.each([
  [{ mib: 256, overheadMib: 64 }, { hardLimitKib: 320 * 1_024 }],
  [{ mib: 256 }, undefined],
  [{ mib: 256, overheadMib: 64, hugePages: true }, { hardLimitKib: 64 * 1_024 }],
])("memory %j", (memory, parameters) => {
  // No limit is above what Mesos accounts, and there is always one.
  const account = { cpuMillis: 250, memMib: 100 };
  const limit = memoryParameters(VmDefinition.create({ memory }), account)?.hardLimitKib ?? Number.NaN;
  expect(limit).toBeLessThanOrEqual(100 * 1_024);
  expect(schedulerParameters(VmCpu.create({ count: 4, quota: true }), false, account)).toMatchObject({
    cpuShares: 256,
    globalQuotaUs: 25_000,
  });
  expect(memoryParameters(VmDefinition.create({ memory }))).toEqual(parameters);
});
