// What the daemon tells by itself about domains.

import type { BlockJobType } from "./block-jobs.ts";
import type { CallOptions } from "./call.ts";
import type { Domain } from "./domain.ts";
import type { JobStats } from "./migration.ts";

/** What happened to a domain, and how: `{ event: "stopped", detail: "crashed" }`, `{ event: "crashed", detail: "panicked" }`. */
export type LifecycleEvent =
  | { readonly event: "defined"; readonly detail: "added" | "updated" | "renamed" | "from-snapshot" | "unknown" }
  | { readonly event: "undefined"; readonly detail: "removed" | "renamed" | "unknown" }
  | {
      readonly event: "started";
      readonly detail: "booted" | "migrated" | "restored" | "from-snapshot" | "wakeup" | "unknown";
    }
  | {
      readonly event: "suspended";
      readonly detail:
        | "paused"
        | "migrated"
        | "io-error"
        | "watchdog"
        | "restored"
        | "from-snapshot"
        | "api-error"
        | "post-copy"
        | "post-copy-failed"
        | "unknown";
    }
  | {
      readonly event: "resumed";
      readonly detail: "unpaused" | "migrated" | "from-snapshot" | "post-copy" | "post-copy-failed" | "unknown";
    }
  | {
      readonly event: "stopped";
      /** `shutdown`: from inside, or by `Domains.shutdown`; `failed`: QEMU died or could not start. */
      readonly detail:
        | "shutdown"
        | "destroyed"
        | "crashed"
        | "migrated"
        | "saved"
        | "failed"
        | "from-snapshot"
        | "unknown";
    }
  /** `guest`: by the guest itself; `host`: by a signal to QEMU. `stopped` follows. */
  | { readonly event: "shutdown"; readonly detail: "finished" | "guest" | "host" | "unknown" }
  | { readonly event: "pm-suspended"; readonly detail: "memory" | "disk" | "unknown" }
  | { readonly event: "crashed"; readonly detail: "panicked" | "crash-loaded" | "unknown" };

export type DomainEvent = { readonly domain: Domain } & (
  | ({ readonly kind: "lifecycle" } & LifecycleEvent)
  | { readonly kind: "reboot" }
  | {
      readonly kind: "watchdog";
      readonly action: "none" | "pause" | "reset" | "poweroff" | "shutdown" | "debug" | "inject-nmi" | "unknown";
    }
  | {
      readonly kind: "io-error";
      readonly path: string;
      readonly device: string;
      /** What became of the guest. */
      readonly action: "none" | "pause" | "report" | "unknown";
      /** `enospc`, `eio`, `eperm`, `eother`, or empty. */
      readonly reason: string;
    }
  | {
      readonly kind: "block-job";
      /** Target of the disk, for example `vda`. */
      readonly disk: string;
      readonly type: BlockJobType;
      readonly status: "completed" | "failed" | "cancelled" | "ready" | "unknown";
    }
  | { readonly kind: "balloon"; readonly memoryKib: number }
  | { readonly kind: "device-added"; readonly alias: string }
  | { readonly kind: "device-removed"; readonly alias: string }
  | { readonly kind: "device-removal-failed"; readonly alias: string }
  | {
      readonly kind: "agent";
      readonly state: "connected" | "disconnected" | "unknown";
      readonly reason: "domain-started" | "channel" | "unknown";
    }
  | { readonly kind: "job-completed"; readonly stats: JobStats }
  | {
      readonly kind: "block-threshold";
      /** Target of the disk (`vda`), and a second event for its top image (`vda[1]`). */
      readonly device: string;
      readonly path: string | undefined;
      /** Bytes. */
      readonly threshold: number;
      readonly excess: number;
    }
);

export type DomainEventKind = DomainEvent["kind"];

/**
 * virConnectDomainEventRegisterAny, since 0.8.0 (by callback since 1.1.2). All kinds but `lifecycle`, which every daemon has, are left out where the
 * daemon is too old for them.
 */
export interface EventListener {
  /** Called in the order in which the daemon sends, never in parallel. It must not throw. */
  event(event: DomainEvent): void;
  /**
   * The connection was lost and is there again, with events registered: what happened meanwhile was not told. Read all states
   * now; nothing is missed between the registration and this call.
   */
  gap(): void;
}

export interface Events {
  /**
   * Tells `listener` of all events of these kinds (of all when missing) from when the promise is fulfilled, over every
   * reconnection, until the returned function is called or the connection is closed.
   */
  listen(
    listener: EventListener,
    options?: CallOptions & { readonly kinds?: readonly DomainEventKind[] },
  ): Promise<() => void>;
}
