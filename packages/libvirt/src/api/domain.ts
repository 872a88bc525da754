// Domains (libvirt's word for virtual machines): definition, life, state. Names of procedures are libvirt's own.
import type { Affect, CallOptions } from "./call.ts";

/** What names a domain in calls. The daemon looks it up by `uuid`; `name` is for messages. */
export interface DomainRef {
  /** Lower case, with dashes. */
  readonly uuid: string;
  readonly name: string;
}

export interface Domain extends DomainRef {
  /** Number of the running guest in this daemon; undefined when it does not run. */
  readonly id: number | undefined;
}

export type DomainState =
  | "no-state"
  | "running"
  | "blocked"
  | "paused"
  | "shutting-down"
  | "shut-off"
  | "crashed"
  | "pm-suspended"
  | "unknown";

/** State and why it is so: `{ state: "paused", reason: "io-error" }`. Reasons that this package does not know are `unknown`. */
export interface StateWithReason {
  readonly state: DomainState;
  readonly reason: StateReason;
}

export type StateReason =
  | "unknown"
  /** of running */
  | "booted"
  | "migrated"
  | "restored"
  | "from-snapshot"
  | "unpaused"
  | "migration-cancelled"
  | "save-cancelled"
  | "wakeup"
  | "post-copy"
  | "post-copy-failed"
  /** of paused */
  | "user"
  | "migration"
  | "save"
  | "dump"
  | "io-error"
  | "watchdog"
  | "shutting-down"
  | "snapshot"
  | "starting-up"
  /** of shut-off; `crashed` also of running and paused */
  | "shutdown"
  | "destroyed"
  | "crashed"
  | "saved"
  | "failed"
  | "daemon"
  /** of crashed */
  | "panicked";

export interface DomainInfo {
  readonly state: DomainState;
  /** KiB. */
  readonly maxMemoryKib: number;
  /** KiB; what the balloon leaves to the guest. */
  readonly memoryKib: number;
  readonly vcpus: number;
  /** Nanoseconds of processor time that the guest has used; 0 when it does not run. */
  readonly cpuTimeNs: number;
}

/** Which domains a list holds. Filters of one group are alternatives (active and inactive is all); groups are combined by and. */
export interface DomainFilter {
  readonly active?: boolean;
  readonly inactive?: boolean;
  readonly persistent?: boolean;
  readonly transient?: boolean;
  readonly running?: boolean;
  readonly paused?: boolean;
  readonly shutOff?: boolean;
  readonly hasManagedSave?: boolean;
  readonly autostart?: boolean;
  readonly hasSnapshot?: boolean;
}

export interface StartOptions extends CallOptions {
  /** Its vCPUs wait for `resume`. */
  readonly paused?: boolean;
  /** The guest is destroyed when this connection closes. With a daemon that is killed the binding is lost. */
  readonly autoDestroy?: boolean;
  /** Reads a saved state without the host's page cache. */
  readonly bypassCache?: boolean;
  /** Throws a saved state away and boots. */
  readonly forceBoot?: boolean;
  /** Makes the UEFI variables anew from their template (since 8.1.0). */
  readonly resetNvram?: boolean;
}

export interface DefineOptions extends CallOptions {
  /** Checks the XML against libvirt's schema (since 1.2.12); needs its schema files on the daemon's host. */
  readonly validate?: boolean;
}

export interface UndefineOptions extends CallOptions {
  /** Removes a managed save image too; without it a domain that has one is refused. */
  readonly managedSave?: boolean;
  /** Removes the metadata of its snapshots too; without it a domain that has any is refused. */
  readonly snapshotsMetadata?: boolean;
  /** What becomes of its file of UEFI variables; without a word a domain that has one is refused. */
  readonly nvram?: "remove" | "keep";
  /** What becomes of the state of its emulated TPM (since 8.9.0). */
  readonly tpm?: "remove" | "keep";
}

/** How the guest is asked. `default` lets the driver choose: for QEMU the guest agent if it is there, then ACPI. */
export type ShutdownMode = "default" | "acpi" | "guest-agent";

export interface XmlOptions extends CallOptions {
  /** The stored definition of a running domain instead of the running one. */
  readonly inactive?: boolean;
  /** With passwords of graphics. */
  readonly secure?: boolean;
  /** As a migration's target takes it. */
  readonly migratable?: boolean;
}

/** `title` and `description` are texts; `element` is an XML element of a namespace, which only its writer reads. */
export type MetadataKind =
  | { readonly kind: "title" }
  | { readonly kind: "description" }
  | { readonly kind: "element"; readonly uri: string; readonly key: string };

export interface Domains {
  /** All domains that pass the filter, running and defined. virConnectListAllDomains, since 0.9.13. */
  list(filter?: DomainFilter, options?: CallOptions): Promise<readonly Domain[]>;
  /** virDomainLookupByUUID, since 0.0.5. Undefined when there is none. */
  byUuid(uuid: string, options?: CallOptions): Promise<Domain | undefined>;
  /** virDomainLookupByName, since 0.0.3. Undefined when there is none. */
  byName(name: string, options?: CallOptions): Promise<Domain | undefined>;

  /**
   * Stores a definition, or replaces that of the same uuid and name. virDomainDefineXMLFlags, since 1.2.12.
   * Without the uuid of an existing domain of that name it fails with `operation-failed`.
   */
  define(xml: string, options?: DefineOptions): Promise<Domain>;
  /** Removes the stored definition; a running guest goes on as a transient one. virDomainUndefineFlags, since 0.9.4. */
  undefine(domain: DomainRef, options?: UndefineOptions): Promise<void>;
  /** Starts a transient domain, which is gone when it stops. virDomainCreateXML, since 0.5.0. */
  create(xml: string, options?: StartOptions & DefineOptions): Promise<Domain>;
  /** Starts a defined domain. virDomainCreateWithFlags, since 0.8.2. `operation-invalid` when it runs. */
  start(domain: DomainRef, options?: StartOptions): Promise<Domain>;
  /**
   * Ends the guest at once. virDomainDestroyFlags, since 0.9.4. `graceful`: fails instead of SIGKILL when QEMU does not end by
   * SIGTERM within libvirt's 15 s. `operation-invalid` when it does not run.
   */
  destroy(domain: DomainRef, options?: CallOptions & { readonly graceful?: boolean }): Promise<void>;
  /** Asks the guest to shut down and does not wait for it. virDomainShutdownFlags, since 0.9.10. */
  shutdown(domain: DomainRef, mode?: ShutdownMode, options?: CallOptions): Promise<void>;
  /** Asks the guest to reboot and does not wait for it. virDomainReboot, since 0.1.0. */
  reboot(domain: DomainRef, mode?: ShutdownMode, options?: CallOptions): Promise<void>;
  /** Presses the reset button. virDomainReset, since 0.9.7. */
  reset(domain: DomainRef, options?: CallOptions): Promise<void>;
  /** Stops the vCPUs; memory stays. virDomainSuspend, since 0.0.3. */
  suspend(domain: DomainRef, options?: CallOptions): Promise<void>;
  /** virDomainResume, since 0.0.3. */
  resume(domain: DomainRef, options?: CallOptions): Promise<void>;

  /** virDomainGetXMLDesc, since 0.0.3. */
  xml(domain: DomainRef, options?: XmlOptions): Promise<string>;
  /** virDomainGetState, since 0.9.2. */
  state(domain: DomainRef, options?: CallOptions): Promise<StateWithReason>;
  /** virDomainGetInfo, since 0.0.3. */
  info(domain: DomainRef, options?: CallOptions): Promise<DomainInfo>;
  /** virDomainIsPersistent, since 0.7.3. */
  isPersistent(domain: DomainRef, options?: CallOptions): Promise<boolean>;
  /** virDomainGetAutostart, since 0.2.1. */
  autostart(domain: DomainRef, options?: CallOptions): Promise<boolean>;
  /** virDomainSetAutostart, since 0.2.1. Persistent domains only. */
  setAutostart(domain: DomainRef, autostart: boolean, options?: CallOptions): Promise<void>;
  /** virDomainGetMetadata, since 0.9.10. Undefined when there is none. */
  metadata(
    domain: DomainRef,
    what: MetadataKind,
    options?: CallOptions & { readonly affect?: Affect },
  ): Promise<string | undefined>;
  /** virDomainSetMetadata, since 0.9.10. Undefined removes it. `element`: `value` is the element's XML, in the namespace's uri. */
  setMetadata(
    domain: DomainRef,
    what: MetadataKind,
    value: string | undefined,
    options?: CallOptions & { readonly affect?: Affect },
  ): Promise<void>;
}
