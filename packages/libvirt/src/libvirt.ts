// One daemon of libvirt, seen through one connection that mends itself.
import type { BlockJobs } from "./api/block-jobs.ts";
import type { CallOptions } from "./api/call.ts";
import type { Consoles } from "./api/consoles.ts";
import type { Filters } from "./api/daemon/filters.ts";
import type { Host } from "./api/daemon/host.ts";
import type { Volumes } from "./api/daemon/volumes.ts";
import type { Devices } from "./api/devices.ts";
import type { Disks } from "./api/disks.ts";
import type { Domains } from "./api/domain.ts";
import type { Events } from "./api/events.ts";
import type { Guest } from "./api/guest.ts";
import type { Migration } from "./api/migration.ts";
import type { MigrationSteps } from "./api/migration-steps.ts";
import type { SavedState } from "./api/saved-state.ts";
import type { Sizing } from "./api/sizing.ts";
import type { Snapshots } from "./api/snapshots.ts";
import type { SessionState } from "./rpc/session.ts";

export interface LibvirtOptions extends CallOptions {
  /** Default `qemu:///system`; `test:///default` is libvirt's own simulation. */
  readonly uri?: string;
  /** Called when the connection is lost, with why, and when it is there again. Calls meanwhile fail at once. */
  readonly onState?: (state: ConnectionState, why: string) => void;
  /** Waits between attempts to connect again: from `baseMs` (100) up to `maxMs` (5000), doubled each time. */
  readonly reconnect?: { readonly baseMs: number; readonly maxMs: number };
  /**
   * Asks a silent daemon for a sign of life every `intervalMs` (5000); after `count` (5) without an answer the connection is
   * given up. While five calls are under way, of which a daemon reads no more, it may be silent 24 times longer. Both must be above 0.
   */
  readonly keepalive?: { readonly intervalMs: number; readonly count: number };
}

export type ConnectionState = SessionState;

/**
 * Every call fails with a LibvirtError when the daemon refuses it, and with a LibvirtConnectionError when the connection is
 * not there or breaks: the call may then have been carried out or not, so read the state before repeating it.
 */
export interface Libvirt {
  readonly domains: Domains;
  readonly devices: Devices;
  readonly sizing: Sizing;
  readonly disks: Disks;
  readonly blockJobs: BlockJobs;
  readonly snapshots: Snapshots;
  readonly savedState: SavedState;
  readonly migration: Migration;
  readonly migrationSteps: MigrationSteps;
  readonly guest: Guest;
  readonly consoles: Consoles;
  readonly host: Host;
  readonly filters: Filters;
  readonly volumes: Volumes;
  readonly events: Events;
  readonly state: ConnectionState;
  /** Resolves at once when connected, else with the next connection; rejects when it is closed or the signal is aborted. */
  whenConnected(options?: CallOptions): Promise<void>;
  /** Ends it: waiting calls fail, streams that it opened go on until they are destroyed. Guests with `autoDestroy` end. */
  close(): Promise<void>;
}
