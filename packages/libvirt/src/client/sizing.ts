import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import type { MemoryParameters, MemoryStats, SchedulerParameters, Sizing, SizingOptions } from "../api/sizing.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { affectFlags, flags } from "./values/flags.ts";
import { NamedValues, namedValues } from "./values/named-values.ts";

/** Above what any driver has. */
const paramsMost = 16;
/** virDomainMemoryStatTags: 13 in libvirt 9. */
const memoryStatsMost = 16;

type MaximumOptions = SizingOptions & { readonly maximum?: boolean };

export class SizingCalls implements Sizing {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async vcpus(domain: DomainRef, { affect, maximum, signal }: MaximumOptions = {}): Promise<number> {
    const args = { domain: wireDomain(domain), flags: affectFlags(affect) + flags([maximum, 4]) };
    return (await this.#caller.call(remote.domainGetVcpusFlags, args, signal)).num;
  }

  async setVcpus(
    domain: DomainRef,
    count: number,
    { affect, maximum, guest, signal }: MaximumOptions & { readonly guest?: boolean } = {},
  ): Promise<void> {
    const wanted = affectFlags(affect) + flags([maximum, 4], [guest, 8]);
    const args = { domain: wireDomain(domain), nvcpus: count, flags: wanted };
    await this.#caller.call(remote.domainSetVcpusFlags, args, signal);
  }

  async setMemory(domain: DomainRef, kib: number, { affect, maximum, signal }: MaximumOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), memory: kib, flags: affectFlags(affect) + flags([maximum, 4]) };
    await this.#caller.call(remote.domainSetMemoryFlags, args, signal);
  }

  async memoryStats(domain: DomainRef, { signal }: CallOptions = {}): Promise<MemoryStats> {
    const args = { domain: wireDomain(domain), maxStats: memoryStatsMost, flags: 0 };
    const { stats } = await this.#caller.call(remote.domainMemoryStats, args, signal);
    const values = new Map(stats.map(({ tag, val }) => [tag, val]));
    // virDomainMemoryStatTags
    return {
      swapInKib: values.get(0),
      swapOutKib: values.get(1),
      majorFaults: values.get(2),
      minorFaults: values.get(3),
      unusedKib: values.get(4),
      availableKib: values.get(5),
      balloonKib: values.get(6),
      rssKib: values.get(7),
      usableKib: values.get(8),
      lastUpdate: values.get(9),
      diskCachesKib: values.get(10),
    };
  }

  async setMemoryStatsPeriod(
    domain: DomainRef,
    seconds: number,
    { affect, signal }: SizingOptions = {},
  ): Promise<void> {
    const args = { domain: wireDomain(domain), period: seconds, flags: affectFlags(affect) };
    await this.#caller.call(remote.domainSetMemoryStatsPeriod, args, signal);
  }

  async schedulerParameters(domain: DomainRef, { affect, signal }: SizingOptions = {}): Promise<SchedulerParameters> {
    const args = { domain: wireDomain(domain), nparams: paramsMost, flags: affectFlags(affect) };
    const { params } = await this.#caller.call(remote.domainGetSchedulerParametersFlags, args, signal);
    const values = new NamedValues(params);
    return {
      cpuShares: values.number("cpu_shares"),
      vcpuPeriodUs: values.number("vcpu_period"),
      vcpuQuotaUs: values.number("vcpu_quota"),
      emulatorPeriodUs: values.number("emulator_period"),
      emulatorQuotaUs: values.number("emulator_quota"),
      globalPeriodUs: values.number("global_period"),
      globalQuotaUs: values.number("global_quota"),
      iothreadPeriodUs: values.number("iothread_period"),
      iothreadQuotaUs: values.number("iothread_quota"),
    };
  }

  async setSchedulerParameters(
    domain: DomainRef,
    parameters: SchedulerParameters,
    { affect, signal }: SizingOptions = {},
  ): Promise<void> {
    const params = namedValues(
      ["cpu_shares", "uhyper", parameters.cpuShares],
      ["vcpu_period", "uhyper", parameters.vcpuPeriodUs],
      ["vcpu_quota", "hyper", parameters.vcpuQuotaUs],
      ["emulator_period", "uhyper", parameters.emulatorPeriodUs],
      ["emulator_quota", "hyper", parameters.emulatorQuotaUs],
      ["global_period", "uhyper", parameters.globalPeriodUs],
      ["global_quota", "hyper", parameters.globalQuotaUs],
      ["iothread_period", "uhyper", parameters.iothreadPeriodUs],
      ["iothread_quota", "hyper", parameters.iothreadQuotaUs],
    );
    const args = { domain: wireDomain(domain), params, flags: affectFlags(affect) };
    await this.#caller.call(remote.domainSetSchedulerParametersFlags, args, signal);
  }

  async memoryParameters(domain: DomainRef, { affect, signal }: SizingOptions = {}): Promise<MemoryParameters> {
    const args = { domain: wireDomain(domain), nparams: paramsMost, flags: affectFlags(affect) };
    const { params } = await this.#caller.call(remote.domainGetMemoryParameters, args, signal);
    const values = new NamedValues(params);
    return {
      hardLimitKib: values.number("hard_limit"),
      softLimitKib: values.number("soft_limit"),
      swapHardLimitKib: values.number("swap_hard_limit"),
    };
  }

  async setMemoryParameters(
    domain: DomainRef,
    parameters: MemoryParameters,
    { affect, signal }: SizingOptions = {},
  ): Promise<void> {
    const params = namedValues(
      ["hard_limit", "uhyper", parameters.hardLimitKib],
      ["soft_limit", "uhyper", parameters.softLimitKib],
      ["swap_hard_limit", "uhyper", parameters.swapHardLimitKib],
    );
    const args = { domain: wireDomain(domain), params, flags: affectFlags(affect) };
    await this.#caller.call(remote.domainSetMemoryParameters, args, signal);
  }
}
