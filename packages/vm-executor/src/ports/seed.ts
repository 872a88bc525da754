// What the executor needs of the NoCloud seed of a VM. Secrets by name: password (hashed), user-data, network-config.
import type { VmNic, VmSeed } from "@cke/protocol";
import type { VmPlace } from "./vm-place.ts";

/** A NIC as the seed's network-config names it: by its MAC. */
export interface SeedNic {
  readonly nic: VmNic;
  /** Lower case. */
  readonly mac: string;
}

export interface SeedRequest {
  readonly seed: VmSeed;
  readonly nics: readonly SeedNic[];
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly place: VmPlace;
}

export interface Seeds {
  /** Names of the secrets that this seed needs. Pure. */
  secretNames(seed: VmSeed): readonly string[];
  /**
   * Writes the seed disk with mode 0600, in one step: a reader sees the old one or the new one. Resolves to its absolute path. Throws
   * CkeError seed_invalid, which names the field and holds nothing of a secret.
   */
  write(request: SeedRequest): Promise<string>;
  /** Where the seed is, whether or not it has been written. Pure. */
  locate(place: VmPlace): string;
  /** Names and contents of the seed's files with every secret left out: for GET …/files. */
  describe(request: Omit<SeedRequest, "secrets">): ReadonlyMap<string, string>;
  /** Nothing to do is no error. */
  remove(place: VmPlace): Promise<void>;
}
