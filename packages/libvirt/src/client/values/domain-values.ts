// Domains and their states between libvirt's numbers and names. virDomainState and the reasons of each.
import type { Domain, DomainRef, DomainState, StateReason, StateWithReason } from "../../api/domain.ts";
import type { Domain as WireDomain } from "../../generated/records.ts";

/** The daemon looks a domain up by its uuid; the number is for messages only. */
export const wireDomain = ({ name, uuid }: DomainRef): WireDomain => ({ name, uuid, id: -1 });

export const domainOf = ({ name, uuid, id }: WireDomain): Domain => ({ name, uuid, id: id < 0 ? undefined : id });

const states: readonly DomainState[] = [
  "no-state",
  "running",
  "blocked",
  "paused",
  "shutting-down",
  "shut-off",
  "crashed",
  "pm-suspended",
];

const reasons: Partial<Record<DomainState, readonly StateReason[]>> = {
  running: [
    "unknown",
    "booted",
    "migrated",
    "restored",
    "from-snapshot",
    "unpaused",
    "migration-cancelled",
    "save-cancelled",
    "wakeup",
    "crashed",
    "post-copy",
    "post-copy-failed",
  ],
  paused: [
    "unknown",
    "user",
    "migration",
    "save",
    "dump",
    "io-error",
    "watchdog",
    "from-snapshot",
    "shutting-down",
    "snapshot",
    "crashed",
    "starting-up",
    "post-copy",
    "post-copy-failed",
  ],
  "shutting-down": ["unknown", "user"],
  "shut-off": ["unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from-snapshot", "daemon"],
  crashed: ["unknown", "panicked"],
};

export const stateOf = (number: number): DomainState => states[number] ?? "unknown";

export function stateWithReason(number: number, reason: number): StateWithReason {
  const state = stateOf(number);
  return { state, reason: reasons[state]?.[reason] ?? "unknown" };
}
