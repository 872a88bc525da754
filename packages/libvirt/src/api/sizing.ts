// How much processor and memory a domain has and may use.
import type { Affect, CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface SizingOptions extends CallOptions {
  /** Default `current`. */
  readonly affect?: Affect;
}

/** cgroup settings of processor time. Times are microseconds; a quota of -1 is no limit. */
export interface SchedulerParameters {
  /** `cpu.shares` (2-262144) with cgroup v1, `cpu.weight` (1-10000) with v2. */
  readonly cpuShares?: number | undefined;
  /** 1000-1000000. */
  readonly vcpuPeriodUs?: number | undefined;
  /** Per vCPU, 1000 and more. */
  readonly vcpuQuotaUs?: number | undefined;
  /** 1000-1000000. */
  readonly emulatorPeriodUs?: number | undefined;
  readonly emulatorQuotaUs?: number | undefined;
  /** 1000-1000000. */
  readonly globalPeriodUs?: number | undefined;
  /** For all threads of the guest together. With cgroup v1 no other quota may be above it. */
  readonly globalQuotaUs?: number | undefined;
  /** 1000-1000000. */
  readonly iothreadPeriodUs?: number | undefined;
  readonly iothreadQuotaUs?: number | undefined;
}

/** cgroup limits of the memory of QEMU and its guest, KiB. `unlimitedKib` is no limit. */
export interface MemoryParameters {
  readonly hardLimitKib?: number | undefined;
  readonly softLimitKib?: number | undefined;
  /** Memory and swap together; not below the hard limit. */
  readonly swapHardLimitKib?: number | undefined;
}

/** libvirt's word for no limit (2^53 - 1). */
export const unlimitedKib = Number.MAX_SAFE_INTEGER;

/** What the balloon driver in the guest tells, KiB; a value that it does not tell is missing. */
export interface MemoryStats {
  readonly swapInKib?: number | undefined;
  readonly swapOutKib?: number | undefined;
  readonly majorFaults?: number | undefined;
  readonly minorFaults?: number | undefined;
  /** Left unused by the guest's system. */
  readonly unusedKib?: number | undefined;
  /** What the guest's system sees. */
  readonly availableKib?: number | undefined;
  /** What the balloon leaves to the guest. */
  readonly balloonKib?: number | undefined;
  /** Resident memory of the QEMU process on the host. */
  readonly rssKib?: number | undefined;
  /** Can be had without swapping (`MemAvailable`). */
  readonly usableKib?: number | undefined;
  /** Seconds since 1970 of the last report. */
  readonly lastUpdate?: number | undefined;
  readonly diskCachesKib?: number | undefined;
}

export interface Sizing {
  /** virDomainGetVcpusFlags, since 0.8.5. */
  vcpus(domain: DomainRef, options?: SizingOptions & { readonly maximum?: boolean }): Promise<number>;
  /**
   * virDomainSetVcpusFlags, since 0.8.5. Live, up to the maximum of the definition; the guest must put them into use.
   * `guest`: the agent takes vCPUs into and out of use instead.
   */
  setVcpus(
    domain: DomainRef,
    count: number,
    options?: SizingOptions & { readonly maximum?: boolean; readonly guest?: boolean },
  ): Promise<void>;
  /** virDomainSetMemoryFlags, since 0.9.0. Live it sets the balloon, up to the maximum of the definition. */
  setMemory(domain: DomainRef, kib: number, options?: SizingOptions & { readonly maximum?: boolean }): Promise<void>;
  /** virDomainMemoryStats, since 0.7.5. The domain must run. */
  memoryStats(domain: DomainRef, options?: CallOptions): Promise<MemoryStats>;
  /** virDomainSetMemoryStatsPeriod, since 1.1.1: seconds between reports of the balloon driver, 0 for none. */
  setMemoryStatsPeriod(domain: DomainRef, seconds: number, options?: SizingOptions): Promise<void>;
  /** virDomainGetSchedulerParametersFlags, since 0.9.2. */
  schedulerParameters(domain: DomainRef, options?: SizingOptions): Promise<SchedulerParameters>;
  /** virDomainSetSchedulerParametersFlags, since 0.9.2. What is missing stays. */
  setSchedulerParameters(domain: DomainRef, parameters: SchedulerParameters, options?: SizingOptions): Promise<void>;
  /** virDomainGetMemoryParameters, since 0.8.5. */
  memoryParameters(domain: DomainRef, options?: SizingOptions): Promise<MemoryParameters>;
  /** virDomainSetMemoryParameters, since 0.8.5. What is missing stays. */
  setMemoryParameters(domain: DomainRef, parameters: MemoryParameters, options?: SizingOptions): Promise<void>;
}
