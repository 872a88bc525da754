import type { Domain, DomainRef } from "../api/domain.ts";
import type {
  BegunMigration,
  MigrationEndOptions,
  MigrationStepOptions,
  MigrationSteps,
  PreparedMigration,
} from "../api/migration-steps.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { migrateFlags, migrateParams } from "./migration.ts";
import { domainOf, wireDomain } from "./values/domain-values.ts";

/** VIR_MIGRATE_CHANGE_PROTECTION: one job from `begin` to `confirm`. */
const changeProtection = 2048;

const stepFlags = (options: MigrationStepOptions) => migrateFlags(options) + changeProtection;

export class MigrationStepCalls implements MigrationSteps {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async begin(domain: DomainRef, options: MigrationStepOptions = {}): Promise<BegunMigration> {
    const args = { domain: wireDomain(domain), params: migrateParams(options), flags: stepFlags(options) };
    const { cookieOut, xml } = await this.#caller.call(remote.domainMigrateBegin3Params, args, options.signal);
    return { cookie: cookieOut, xml };
  }

  async prepare({ cookie, xml }: BegunMigration, options: MigrationStepOptions = {}): Promise<PreparedMigration> {
    const params = migrateParams({ ...options, xml });
    const args = { params, cookieIn: cookie, flags: stepFlags(options) };
    const { cookieOut, uriOut } = await this.#caller.call(remote.domainMigratePrepare3Params, args, options.signal);
    return { cookie: cookieOut, uri: uriOut ?? options.uri ?? "" };
  }

  async perform(domain: DomainRef, cookie: Uint8Array, options: MigrationStepOptions = {}): Promise<Uint8Array> {
    const params = migrateParams(options);
    const args = {
      domain: wireDomain(domain),
      dconnuri: undefined,
      params,
      cookieIn: cookie,
      flags: stepFlags(options),
    };
    const { cookieOut } = await this.#caller.call(remote.domainMigratePerform3Params, args, options.signal);
    return cookieOut;
  }

  async finish(
    { name }: Pick<DomainRef, "name">,
    cookie: Uint8Array,
    { cancelled, ...options }: MigrationEndOptions = {},
  ): Promise<{ readonly domain: Domain; readonly cookie: Uint8Array }> {
    const params = migrateParams({ ...options, name });
    const args = { params, cookieIn: cookie, flags: stepFlags(options), cancelled: cancelled ? 1 : 0 };
    const { domain, cookieOut } = await this.#caller.call(remote.domainMigrateFinish3Params, args, options.signal);
    return { domain: domainOf(domain), cookie: cookieOut };
  }

  async confirm(
    domain: DomainRef,
    cookie: Uint8Array,
    { cancelled, ...options }: MigrationEndOptions = {},
  ): Promise<void> {
    const params = migrateParams(options);
    const flags = stepFlags(options);
    const args = { domain: wireDomain(domain), params, cookieIn: cookie, flags, cancelled: cancelled ? 1 : 0 };
    await this.#caller.call(remote.domainMigrateConfirm3Params, args, options.signal);
  }
}
