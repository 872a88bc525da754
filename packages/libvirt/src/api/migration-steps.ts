// The steps of a migration that the caller drives itself, with a connection to each daemon: version 3 of libvirt's protocol, that of
// virDomainMigrate3 without VIR_MIGRATE_PEER2PEER. Since 1.1.0.
//
// begin (source) - prepare (target) - perform (source) - finish (target) - confirm (source). A cookie that a step gives goes into the next
// one. Whatever fails after `prepare` is told to both with `cancelled`. Both connections stay open until the end: a daemon whose
// connection breaks gives its side up, the target by ending what it has prepared.
//
// Who has the guest: until `finish` is asked for, the source has it, running or (after `perform`) paused. When `finish` has succeeded, the
// target has it. When it is not known whether it has, the target decides: the guest runs there or there is none.
import type { Domain, DomainRef } from "./domain.ts";
import type { MigrateOptions } from "./migration.ts";

/** The same for all steps, but for the ways: each side is given its own `uri` and `disksUri`. */
export type MigrationStepOptions = Omit<MigrateOptions, "tunnelled">;

export interface MigrationEndOptions extends MigrationStepOptions {
  /** The guest does not move. */
  readonly cancelled?: boolean;
}

export interface BegunMigration {
  readonly cookie: Uint8Array;
  /** The guest's definition for `prepare`: `options.xml`, or that of the running guest. */
  readonly xml: string;
}

export interface PreparedMigration {
  readonly cookie: Uint8Array;
  /** Where the target listens for memory. */
  readonly uri: string;
}

export interface MigrationSteps {
  /**
   * On the source. The guest takes no other job and no other definition from now on, until `confirm`. Throws why it cannot move:
   * `operation-invalid` (snapshots, devices of the host), `migrate-unsafe`, `config-unsupported` (`options.xml` is another machine).
   */
  begin(domain: DomainRef, options?: MigrationStepOptions): Promise<BegunMigration>;
  /** On the target: an emulator waits for the guest. Disks that are copied must exist with their size. */
  prepare(begun: BegunMigration, options?: MigrationStepOptions): Promise<PreparedMigration>;
  /** On the source: disks and memory go over. When it resolves, the guest is paused. Resolves to a cookie. `abortJob` ends it. */
  perform(domain: DomainRef, cookie: Uint8Array, options?: MigrationStepOptions): Promise<Uint8Array>;
  /**
   * On the target: the guest goes on here. `cancelled`: it does not, and what was prepared ends. Throws when there is no guest here;
   * after a LibvirtConnectionError only the state of the domain tells.
   */
  finish(
    domain: Pick<DomainRef, "name">,
    cookie: Uint8Array,
    options?: MigrationEndOptions,
  ): Promise<{ readonly domain: Domain; readonly cookie: Uint8Array }>;
  /** On the source: its guest, which is paused, is ended. `cancelled`: it goes on. */
  confirm(domain: DomainRef, cookie: Uint8Array, options?: MigrationEndOptions): Promise<void>;
}
