import type { BlockCommitOptions, BlockCopyOptions, BlockJobInfo, BlockJobs } from "../api/block-jobs.ts";
import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";
import { blockJobType } from "./values/job-values.ts";
import { namedValues } from "./values/named-values.ts";

export class BlockJobCalls implements BlockJobs {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async copy(domain: DomainRef, disk: string, destinationXml: string, options: BlockCopyOptions = {}): Promise<void> {
    const { shallow, reuseExternal, transient, synchronousWrites, bandwidth, granularity, signal } = options;
    const args = {
      domain: wireDomain(domain),
      path: disk,
      destxml: destinationXml,
      params: namedValues(["bandwidth", "uhyper", bandwidth], ["granularity", "uint", granularity]),
      flags: flags([shallow, 1], [reuseExternal, 2], [transient, 4], [synchronousWrites, 8]),
    };
    await this.#caller.call(remote.domainBlockCopy, args, signal);
  }

  async commit(domain: DomainRef, disk: string, options: BlockCommitOptions): Promise<void> {
    const { base, top, active, deleteMerged, bandwidth, signal } = options;
    // The last bit: the bandwidth is in bytes.
    const wanted = flags([deleteMerged, 2], [active, 4], [true, 16]);
    const args = { domain: wireDomain(domain), disk, base, top, bandwidth: bandwidth ?? 0, flags: wanted };
    await this.#caller.call(remote.domainBlockCommit, args, signal);
  }

  async pull(
    domain: DomainRef,
    disk: string,
    { bandwidth, signal }: CallOptions & { readonly bandwidth?: number } = {},
  ): Promise<void> {
    // VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES
    const args = { domain: wireDomain(domain), path: disk, bandwidth: bandwidth ?? 0, flags: 64 };
    await this.#caller.call(remote.domainBlockPull, args, signal);
  }

  async abort(
    domain: DomainRef,
    disk: string,
    options: CallOptions & { readonly pivot?: boolean; readonly async?: boolean } = {},
  ): Promise<void> {
    const wanted = flags([options.async, 1], [options.pivot, 2]);
    const args = { domain: wireDomain(domain), path: disk, flags: wanted };
    await this.#caller.call(remote.domainBlockJobAbort, args, options.signal);
  }

  async info(domain: DomainRef, disk: string, { signal }: CallOptions = {}): Promise<BlockJobInfo | undefined> {
    // VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES
    const args = { domain: wireDomain(domain), path: disk, flags: 1 };
    const info = await this.#caller.call(remote.domainGetBlockJobInfo, args, signal);
    if (info.found === 0) return undefined;
    return { type: blockJobType(info.type), bandwidth: info.bandwidth, current: info.cur, end: info.end };
  }
}
