// What the state of a domain means for its VM: it runs, it stands still with a problem, or its guest has ended, and how. Pure.
import type { DomainState, StateReason } from "@cke/libvirt";

export interface GuestSight {
  /** "absent": the domain is not defined any more. */
  readonly state: DomainState | "absent";
  readonly reason: StateReason;
}

/** What events have told since the guest was started. */
export interface GuestHistory {
  readonly panicked: boolean;
  /** QEMU was ended by a signal of the host. */
  readonly hostSignal: boolean;
  /** The kernel killed QEMU for want of memory. */
  readonly outOfMemory: boolean;
  /** Disks whose errors paused it: device and the system's word (`enospc`, `eio`, …). */
  readonly ioErrors: readonly { readonly disk: string; readonly reason: string }[];
}

export const noHistory: GuestHistory = { panicked: false, hostSignal: false, outOfMemory: false, ioErrors: [] };

/** `cause` of a report, as a word for programs. */
export type EndCause =
  | "guest_shut_down"
  | "guest_panicked"
  | "out_of_memory"
  | "guest_killed"
  | "domain_destroyed"
  | "domain_removed"
  | "guest_saved"
  | "guest_failed"
  | "guest_migrated";

export type GuestState =
  | { readonly kind: "runs" }
  /** Somebody paused it. */
  | { readonly kind: "paused"; readonly words: string }
  /** It cannot go on until somebody helps. */
  | { readonly kind: "trouble"; readonly cause: "disk_full" | "io_error" | "watchdog"; readonly words: string }
  | { readonly kind: "ended"; readonly cause: EndCause; readonly words: string };

export function guestState({ state, reason }: GuestSight, history: GuestHistory): GuestState {
  switch (state) {
    case "running":
    case "blocked":
    case "shutting-down":
    case "no-state":
    case "unknown":
      return { kind: "runs" };
    case "pm-suspended":
      return { kind: "paused", words: "the guest has suspended itself" };
    case "paused":
      return paused(reason, history);
    case "absent":
      return { kind: "ended", cause: "domain_removed", words: "its domain was removed from the host" };
    case "crashed":
    case "shut-off":
      return ended(reason, history);
  }
}

function paused(reason: StateReason, { ioErrors }: GuestHistory): GuestState {
  switch (reason) {
    case "io-error": {
      const disks = ioErrors.map(({ disk, reason: word }) => `${disk}${word === "" ? "" : ` (${word})`}`).join(", ");
      const where = disks === "" ? "" : ` on ${disks}`;
      if (ioErrors.some(({ reason: word }) => word === "enospc"))
        return {
          kind: "trouble",
          cause: "disk_full",
          words: `the guest is paused, because the host's storage is full${where}: make space; it goes on by itself then`,
        };
      return {
        kind: "trouble",
        cause: "io_error",
        words: `the guest is paused by an I/O error${where}: repair the storage; it goes on by itself then`,
      };
    }
    case "watchdog":
      return {
        kind: "trouble",
        cause: "watchdog",
        words: "the guest is paused by its watchdog: look at its console, then resume or reset it",
      };
    case "crashed":
      return { kind: "ended", cause: "guest_panicked", words: "the guest's operating system crashed" };
    case "starting-up":
    case "migration":
    case "save":
    case "dump":
    case "snapshot":
    case "shutting-down":
      return { kind: "runs" };
    default:
      return { kind: "paused", words: "the guest is paused" };
  }
}

function ended(reason: StateReason, { panicked, hostSignal, outOfMemory }: GuestHistory): GuestState {
  const end = (cause: EndCause, words: string): GuestState => ({ kind: "ended", cause, words });
  if (panicked || reason === "panicked") return end("guest_panicked", "the guest's operating system crashed");
  if (outOfMemory)
    return end(
      "out_of_memory",
      "the host's kernel killed the guest, because it took more memory than the VM has: give it more memory or overhead",
    );
  switch (reason) {
    case "shutdown":
      if (hostSignal) return end("guest_killed", "the guest's process was ended by a signal on the host");
      return end("guest_shut_down", "the guest has shut down");
    case "crashed":
      return end("guest_killed", "the guest's process was killed on the host");
    case "destroyed":
      return end("domain_destroyed", "the domain was destroyed on the host");
    case "saved":
      return end("guest_saved", "the guest was saved on the host");
    case "migrated":
      return end("guest_migrated", "the guest has moved to another host");
    default:
      return end("guest_failed", `the guest has ended (${reason})`);
  }
}

export type AfterEnd = "finished" | "failed" | "restart";

/** `asked`: a power action of an operator has asked the guest to shut down. Policies are those of VmRestart; empty is on-failure. */
export function afterEnd(cause: EndCause, policy: string, asked: boolean): AfterEnd {
  if (cause === "guest_migrated") return "finished";
  const orderly = cause === "guest_shut_down";
  if (orderly && asked) return "finished";
  switch (policy) {
    case "always":
      return "restart";
    case "never":
      return orderly ? "finished" : "failed";
    default:
      return orderly ? "finished" : "restart";
  }
}
