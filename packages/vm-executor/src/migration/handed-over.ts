// What the note of the old host means when somebody asks it about a guest that moves while it runs. Executors are killed at any moment, so
// that the note may be behind what has happened, never before it. Pure.
import type { VmDefinition } from "@cke/protocol";
import type { Departure } from "../host/move-notes.ts";

export type BeginDecision =
  /** Its new host has it: nothing is left to do. */
  | { readonly kind: "gone" }
  /** Its new host alone knows. */
  | { readonly kind: "ask" }
  /** By an operator. */
  | { readonly kind: "given-up" }
  | { readonly kind: "move" };

/** For the question to move it by this plan. */
export function decideBegin(note: Departure | undefined, plan: string): BeginDecision {
  if (note?.kind === "gone") return { kind: "gone" };
  if (note?.kind === "leaving") return { kind: "ask" };
  return { kind: note?.plan === plan ? "given-up" : "move" };
}

export type GiveUpDecision =
  | { readonly kind: "gone" }
  /** Nobody knows on which host it runs. */
  | { readonly kind: "unknown" }
  /** It is this host's. */
  | { readonly kind: "stays" }
  /** What stands still here since the hand-over goes on. */
  | { readonly kind: "goes-on" }
  /** It has run on another host since: what is left of it here is ended, and it is started from its disks. */
  | { readonly kind: "starts-anew" };

export interface GivenUp {
  readonly note: Departure | undefined;
  /** The new host is gone for good. */
  readonly lost: boolean;
  /** This process has heard that the guest has gone. */
  readonly departed: boolean;
  /** Of the guest. */
  readonly definition: Pick<VmDefinition, "disks">;
}

/** For the question to give its move up. */
export function decideGiveUp({ note, lost, departed, definition }: GivenUp): GiveUpDecision {
  if (note === undefined || note.kind === "stays") return { kind: "stays" };
  if (!lost) return { kind: note.kind === "gone" ? "gone" : "unknown" };
  if (note.kind === "gone" || departed) return { kind: "starts-anew" };
  // It may have run on the new host.
  return { kind: sharesDisks(definition) ? "starts-anew" : "goes-on" };
}

/**
 * With a disk that both hosts have, a guest that may have run on the new one does not go on here: its memory would not know what was written
 * since.
 */
export const sharesDisks = ({ disks }: Pick<VmDefinition, "disks">): boolean =>
  disks.some(({ shared, role }) => shared && role !== "cdrom");
