// What a guest may take of its host, as Mesos accounts it for the VM's task. Pure.
import type { MemoryParameters, SchedulerParameters } from "@cke/libvirt";
import type { VmCpu, VmDefinition } from "@cke/protocol";
import { type Account, millisOf, noAccount } from "./accounted-resources.ts";

const periodUs = 100_000;
/** The kernel takes no shorter quota. */
const leastQuotaUs = 1_000;

/** Shares always, as Mesos' own isolator; a quota for all threads of the VM together when it is asked for. `weights`: cgroup v2. */
export function schedulerParameters(
  cpu: VmCpu | undefined,
  weights: boolean,
  { cpuMillis }: Account = noAccount,
): SchedulerParameters {
  const millis = Math.min(millisOf(cpu), cpuMillis);
  const shares = Math.min(262_144, Math.max(2, Math.round((millis * 1_024) / 1_000)));
  const weight = Math.min(10_000, Math.max(1, Math.round((millis * 100) / 1_000)));
  const quota = Math.max(leastQuotaUs, Math.round((millis * periodUs) / 1_000));
  return {
    cpuShares: weights ? weight : shares,
    globalPeriodUs: periodUs,
    globalQuotaUs: cpu?.quota === true ? quota : -1,
  };
}

/**
 * The guest's memory and the emulator's overhead, and never more than Mesos accounts. Undefined where neither says it: without an overhead QEMU
 * itself would not fit.
 */
export function memoryParameters(
  { memory }: VmDefinition,
  { memMib }: Account = noAccount,
): MemoryParameters | undefined {
  if (memory === undefined || memory.mib === 0) return undefined;
  const whole = Math.min(memory.overheadMib === 0 ? memMib : memory.mib + memory.overheadMib, memMib);
  if (whole === Number.POSITIVE_INFINITY) return undefined;
  // Huge pages are not in this account: the kernel counts them for themselves.
  const own = memory.hugePages ? Math.max(1, whole - memory.mib) : whole;
  return { hardLimitKib: Math.floor(own * 1_024) };
}
