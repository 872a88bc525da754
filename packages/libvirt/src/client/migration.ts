import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import type { JobStats, MigrateOptions, Migration } from "../api/migration.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import type { TypedParam } from "../wire/typed-param.ts";
import { wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";
import { jobStats, jobType } from "./values/job-values.ts";
import { namedValues } from "./values/named-values.ts";

/** virDomainMigrateFlags, without who drives it. */
export const migrateFlags = (options: MigrateOptions): number =>
  flags(
    [options.live ?? true, 1],
    [options.tunnelled, 4],
    [options.persistDestination, 8],
    [options.undefineSource, 16],
    [options.paused, 32],
    [options.copyDisks !== undefined && !options.incremental, 64],
    [options.copyDisks !== undefined && options.incremental, 128],
    [options.unsafe, 512],
    [options.abortOnError, 4096],
    [options.autoConverge, 8192],
    [options.postCopy, 32768],
  );

/** VIR_MIGRATE_PARAM_*. */
export const migrateParams = (options: MigrateOptions): TypedParam[] =>
  namedValues(
    ["migrate_uri", "string", options.uri],
    ["destination_name", "string", options.name],
    ["destination_xml", "string", options.xml],
    ["persistent_xml", "string", options.persistentXml],
    ["bandwidth", "uhyper", options.bandwidthMib],
    ["listen_address", "string", options.listenAddress],
    ["disks_port", "int", options.disksPort],
    ["disks_uri", "string", options.disksUri],
    ...disksOf(options).map((disk) => ["migrate_disks", "string", disk] as const),
  );

const disksOf = ({ copyDisks }: MigrateOptions): readonly string[] =>
  copyDisks === undefined || copyDisks === "all" ? [] : copyDisks;

/** VIR_MIGRATE_PEER2PEER. */
const peerToPeer = 2;

export class MigrationCalls implements Migration {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async migrate(domain: DomainRef, destination: string, options: MigrateOptions = {}): Promise<void> {
    const args = {
      domain: wireDomain(domain),
      dconnuri: destination,
      params: migrateParams(options),
      cookieIn: new Uint8Array(0),
      flags: peerToPeer + migrateFlags(options),
    };
    await this.#caller.call(remote.domainMigratePerform3Params, args, options.signal);
  }

  async setMaxDowntime(domain: DomainRef, ms: number, { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), downtime: ms, flags: 0 };
    await this.#caller.call(remote.domainMigrateSetMaxDowntime, args, signal);
  }

  async setMaxSpeed(domain: DomainRef, mibPerSecond: number, { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), bandwidth: mibPerSecond, flags: 0 };
    await this.#caller.call(remote.domainMigrateSetMaxSpeed, args, signal);
  }

  async startPostCopy(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainMigrateStartPostCopy, { domain: wireDomain(domain), flags: 0 }, signal);
  }

  async abortJob(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainAbortJob, { domain: wireDomain(domain) }, signal);
  }

  async jobStats(
    domain: DomainRef,
    { completed, signal }: CallOptions & { readonly completed?: boolean } = {},
  ): Promise<JobStats> {
    // The second bit keeps the figures for others that ask (since 6.0.0): they are those of the last job until the next.
    const args = { domain: wireDomain(domain), flags: flags([completed, 3]) };
    const { type, params } = await this.#caller.call(remote.domainGetJobStats, args, signal);
    return jobStats(jobType(type), params);
  }
}
