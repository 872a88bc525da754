// Migration to another daemon, and the job of a domain (migration, save, dump) with its figures.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface MigrateOptions extends CallOptions {
  /** The guest runs on meanwhile. Default true. */
  readonly live?: boolean;
  /** The target keeps a definition, the source gives its own up: for persistent domains both. */
  readonly persistDestination?: boolean;
  readonly undefineSource?: boolean;
  /** The guest is paused on the target. */
  readonly paused?: boolean;
  /** Copies the disks whose targets (`vda`) are named, or all with `"all"`; the target's files must exist with their size. */
  readonly copyDisks?: readonly string[] | "all";
  /** `copyDisks`: only what is above a shared backing file. */
  readonly incremental?: boolean;
  /** Memory goes through the daemons' connection (encrypted with TLS) instead of one between the QEMUs. */
  readonly tunnelled?: boolean;
  /** Also with cache modes that are not safe on storage that is not shared. */
  readonly unsafe?: boolean;
  /** Slows the guest down when it writes faster than the network takes it. */
  readonly autoConverge?: boolean;
  /** Allows `startPostCopy`. */
  readonly postCopy?: boolean;
  /** The migration fails on an I/O error of the guest. */
  readonly abortOnError?: boolean;
  /** MiB per second. */
  readonly bandwidthMib?: number;
  /** Where the target's QEMU listens: `tcp://host[:port]`, or `unix:///path` (since 6.8.0). */
  readonly uri?: string;
  /** Where the target listens for disks, as `uri`; needed with `copyDisks` and a UNIX `uri`. */
  readonly disksUri?: string;
  readonly listenAddress?: string;
  readonly disksPort?: number;
  /** Name on the target. */
  readonly name?: string;
  /** Definition of the running guest on the target: other paths, other graphics address. */
  readonly xml?: string;
  /** Definition that the target stores. */
  readonly persistentXml?: string;
}

export type JobType = "none" | "bounded" | "unbounded" | "completed" | "failed" | "cancelled" | "unknown";

export type JobOperation =
  | "unknown"
  | "start"
  | "save"
  | "restore"
  | "migration-in"
  | "migration-out"
  | "snapshot"
  | "snapshot-revert"
  | "dump"
  | "backup"
  | "snapshot-delete";

/** Times are milliseconds, sizes bytes. A figure that the job does not have is missing. */
export interface JobStats {
  readonly type: JobType;
  readonly operation: JobOperation;
  readonly elapsedMs?: number | undefined;
  readonly remainingMs?: number | undefined;
  /** How long the guest stood still, or will. */
  readonly downtimeMs?: number | undefined;
  readonly dataTotal?: number | undefined;
  readonly dataProcessed?: number | undefined;
  readonly dataRemaining?: number | undefined;
  readonly memoryTotal?: number | undefined;
  readonly memoryProcessed?: number | undefined;
  readonly memoryRemaining?: number | undefined;
  /** Pages per second that the guest writes. */
  readonly memoryDirtyRate?: number | undefined;
  readonly memoryIteration?: number | undefined;
  readonly diskTotal?: number | undefined;
  readonly diskProcessed?: number | undefined;
  readonly diskRemaining?: number | undefined;
  /** Of a job that is over. */
  readonly success?: boolean | undefined;
  readonly error?: string | undefined;
}

export interface Migration {
  /**
   * Moves a running domain to another daemon, peer to peer: this daemon speaks with that of `destination`, a libvirt URI
   * (`qemu+unix:///system?socket=…`, `qemu+tcp://host/system`, `qemu+tls://…`) as seen from here. It returns when the guest
   * runs there and is gone here. virDomainMigrateToURI3, since 1.1.0. An aborted signal does not end the migration:
   * `abortJob` does.
   */
  migrate(domain: DomainRef, destination: string, options?: MigrateOptions): Promise<void>;
  /** virDomainMigrateSetMaxDowntime, since 0.8.0: milliseconds. */
  setMaxDowntime(domain: DomainRef, ms: number, options?: CallOptions): Promise<void>;
  /** virDomainMigrateSetMaxSpeed, since 0.9.0: MiB per second. */
  setMaxSpeed(domain: DomainRef, mibPerSecond: number, options?: CallOptions): Promise<void>;
  /** virDomainMigrateStartPostCopy, since 1.3.3: the guest goes on on the target and fetches what it misses. */
  startPostCopy(domain: DomainRef, options?: CallOptions): Promise<void>;
  /** virDomainAbortJob, since 0.7.7. `operation-invalid` when there is no job. */
  abortJob(domain: DomainRef, options?: CallOptions): Promise<void>;
  /** virDomainGetJobStats, since 1.0.3. `completed`: those of the last job that is over. */
  jobStats(domain: DomainRef, options?: CallOptions & { readonly completed?: boolean }): Promise<JobStats>;
}
