import type { CallOptions } from "../api/call.ts";
import type { BlockInfo, BlockIoTune, BlockStats, DiskError, Disks, InterfaceStats } from "../api/disks.ts";
import type { DomainRef } from "../api/domain.ts";
import type { SizingOptions } from "../api/sizing.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { affectFlags } from "./values/flags.ts";
import { NamedValues, namedValues } from "./values/named-values.ts";

/** virDomainDiskErrorCode. */
const diskErrors: readonly DiskError["error"][] = ["none", "unspecified", "no-space"];

export class DiskCalls implements Disks {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async resize(domain: DomainRef, disk: string, bytes: number, { signal }: CallOptions = {}): Promise<void> {
    // VIR_DOMAIN_BLOCK_RESIZE_BYTES; without it the size would be KiB.
    const args = { domain: wireDomain(domain), disk, size: bytes, flags: 1 };
    await this.#caller.call(remote.domainBlockResize, args, signal);
  }

  info(domain: DomainRef, disk: string, { signal }: CallOptions = {}): Promise<BlockInfo> {
    const args = { domain: wireDomain(domain), path: disk, flags: 0 };
    return this.#caller.call(remote.domainGetBlockInfo, args, signal);
  }

  async stats(domain: DomainRef, disk: string, { signal }: CallOptions = {}): Promise<BlockStats> {
    const args = { domain: wireDomain(domain), path: disk, nparams: 16, flags: 0 };
    const values = new NamedValues((await this.#caller.call(remote.domainBlockStatsFlags, args, signal)).params);
    return {
      readBytes: values.number("rd_bytes"),
      readRequests: values.number("rd_operations"),
      readNs: values.number("rd_total_times"),
      writeBytes: values.number("wr_bytes"),
      writeRequests: values.number("wr_operations"),
      writeNs: values.number("wr_total_times"),
      flushRequests: values.number("flush_operations"),
      flushNs: values.number("flush_total_times"),
      errors: values.number("errs"),
    };
  }

  async errors(domain: DomainRef, { signal }: CallOptions = {}): Promise<readonly DiskError[]> {
    const args = { domain: wireDomain(domain), maxerrors: 256, flags: 0 };
    const { errors } = await this.#caller.call(remote.domainGetDiskErrors, args, signal);
    return errors.map(({ disk, error }) => ({ disk, error: diskErrors[error] ?? "unspecified" }));
  }

  async ioTune(domain: DomainRef, disk: string, { affect, signal }: SizingOptions = {}): Promise<BlockIoTune> {
    // VIR_TYPED_PARAM_STRING_OKAY: without it the daemon leaves texts out.
    const args = { domain: wireDomain(domain), disk, nparams: 32, flags: affectFlags(affect) + 4 };
    const values = new NamedValues((await this.#caller.call(remote.domainGetBlockIoTune, args, signal)).params);
    return {
      totalBytesSec: values.number("total_bytes_sec"),
      readBytesSec: values.number("read_bytes_sec"),
      writeBytesSec: values.number("write_bytes_sec"),
      totalIopsSec: values.number("total_iops_sec"),
      readIopsSec: values.number("read_iops_sec"),
      writeIopsSec: values.number("write_iops_sec"),
      totalBytesSecMax: values.number("total_bytes_sec_max"),
      readBytesSecMax: values.number("read_bytes_sec_max"),
      writeBytesSecMax: values.number("write_bytes_sec_max"),
      totalIopsSecMax: values.number("total_iops_sec_max"),
      readIopsSecMax: values.number("read_iops_sec_max"),
      writeIopsSecMax: values.number("write_iops_sec_max"),
      totalBytesSecMaxLength: values.number("total_bytes_sec_max_length"),
      readBytesSecMaxLength: values.number("read_bytes_sec_max_length"),
      writeBytesSecMaxLength: values.number("write_bytes_sec_max_length"),
      totalIopsSecMaxLength: values.number("total_iops_sec_max_length"),
      readIopsSecMaxLength: values.number("read_iops_sec_max_length"),
      writeIopsSecMaxLength: values.number("write_iops_sec_max_length"),
      sizeIopsSec: values.number("size_iops_sec"),
      groupName: values.text("group_name"),
    };
  }

  async setIoTune(
    domain: DomainRef,
    disk: string,
    tune: BlockIoTune,
    { affect, signal }: SizingOptions = {},
  ): Promise<void> {
    const params = namedValues(
      ["total_bytes_sec", "uhyper", tune.totalBytesSec],
      ["read_bytes_sec", "uhyper", tune.readBytesSec],
      ["write_bytes_sec", "uhyper", tune.writeBytesSec],
      ["total_iops_sec", "uhyper", tune.totalIopsSec],
      ["read_iops_sec", "uhyper", tune.readIopsSec],
      ["write_iops_sec", "uhyper", tune.writeIopsSec],
      ["total_bytes_sec_max", "uhyper", tune.totalBytesSecMax],
      ["read_bytes_sec_max", "uhyper", tune.readBytesSecMax],
      ["write_bytes_sec_max", "uhyper", tune.writeBytesSecMax],
      ["total_iops_sec_max", "uhyper", tune.totalIopsSecMax],
      ["read_iops_sec_max", "uhyper", tune.readIopsSecMax],
      ["write_iops_sec_max", "uhyper", tune.writeIopsSecMax],
      ["total_bytes_sec_max_length", "uhyper", tune.totalBytesSecMaxLength],
      ["read_bytes_sec_max_length", "uhyper", tune.readBytesSecMaxLength],
      ["write_bytes_sec_max_length", "uhyper", tune.writeBytesSecMaxLength],
      ["total_iops_sec_max_length", "uhyper", tune.totalIopsSecMaxLength],
      ["read_iops_sec_max_length", "uhyper", tune.readIopsSecMaxLength],
      ["write_iops_sec_max_length", "uhyper", tune.writeIopsSecMaxLength],
      ["size_iops_sec", "uhyper", tune.sizeIopsSec],
      ["group_name", "string", tune.groupName],
    );
    const args = { domain: wireDomain(domain), disk, params, flags: affectFlags(affect) };
    await this.#caller.call(remote.domainSetBlockIoTune, args, signal);
  }

  async setThreshold(domain: DomainRef, device: string, bytes: number, { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), dev: device, threshold: bytes, flags: 0 };
    await this.#caller.call(remote.domainSetBlockThreshold, args, signal);
  }

  async interfaceStats(domain: DomainRef, device: string, { signal }: CallOptions = {}): Promise<InterfaceStats> {
    const args = { domain: wireDomain(domain), device };
    const stats = await this.#caller.call(remote.domainInterfaceStats, args, signal);
    return {
      rxBytes: stats.rxBytes,
      rxPackets: stats.rxPackets,
      rxErrors: stats.rxErrs,
      rxDrops: stats.rxDrop,
      txBytes: stats.txBytes,
      txPackets: stats.txPackets,
      txErrors: stats.txErrs,
      txDrops: stats.txDrop,
    };
  }
}
