// The place on the new host, and the proof that it has the same shared disks: a copy of a directory has the same claims, and the guest's memory would
// go on over an older disk. libvirt is told that such a move is safe (`unsafe`) only after this.
import { randomUUID } from "node:crypto";
import { CkeError } from "@cke/foundation";
import type { VmDisk } from "@cke/protocol";
import type { Disks } from "../ports/disks.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { cannotMoveCode, type Directories, type Offered, offeredSchema } from "./migration-messages.ts";
import type { Peer } from "./peer.ts";

export interface SharedDisks {
  readonly disks: Pick<Disks, "prove">;
  /** Those that the guest writes to on storage of all hosts. */
  readonly shared: readonly VmDisk[];
  readonly place: VmPlace;
  readonly signal: AbortSignal;
}

/** Throws CkeError `cannot_move_live` when the new host does not see what was written into the claims just now. */
export async function offeredPlace(peer: Pick<Peer, "ask">, parts: SharedDisks): Promise<Directories> {
  const { disks, shared, place, signal } = parts;
  const proof = randomUUID();
  const proven = shared.length === 0 ? [] : await disks.prove(shared, place, proof, signal);
  const offered = await peer.ask({ ask: "offer" }, offeredSchema);
  const others = unproven(proven, proof, offered);
  if (others.length === 0) return offered;
  throw new CkeError(
    cannotMoveCode,
    `the new host does not read in the claims of its shared disks (${others.join(", ")}) what was written there just now: it has copies of these files, its storage shows changes late, or its executor is of an earlier version`,
  );
}

/** Names. Pure. */
export const unproven = (names: readonly string[], proof: string, { proofs }: Pick<Offered, "proofs">) =>
  names.filter((name) => !proofs.some((one) => one.name === name && one.proof === proof));
