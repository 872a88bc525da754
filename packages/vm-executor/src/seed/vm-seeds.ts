// Writes the seed discs of virtual machines.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@cke/foundation";
import type { VmSeed } from "@cke/protocol";
import type { SeedRequest, Seeds } from "../ports/seed.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { writeDurably } from "../storage/durable-file.ts";
import { storageError } from "../storage/file-errors.ts";
import { isoImage } from "./iso9660/iso-image.ts";
import { describeSeed, seedFiles, seedSecretNames } from "./seed-files.ts";

/** By this label cloud-init finds the disc. */
const label = "cidata";

export class VmSeeds implements Seeds {
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  secretNames(seed: VmSeed): readonly string[] {
    return seedSecretNames(seed);
  }

  async write(request: SeedRequest): Promise<string> {
    const { place } = request;
    const files = [...seedFiles(request)].map(([name, content]) => ({ name, content }));
    const image = isoImage({ label, files, made: new Date(this.#clock.now()) });
    const path = this.locate(place);
    try {
      await mkdir(place.directory, { recursive: true, mode: 0o711 });
      await writeDurably(path, image, 0o600);
    } catch (error) {
      throw storageError(error, `the seed of ${place.vm}`, place.directory);
    }
    return path;
  }

  locate(place: VmPlace): string {
    return join(place.directory, "seed.iso");
  }

  describe(request: Omit<SeedRequest, "secrets">): ReadonlyMap<string, string> {
    return describeSeed(request);
  }

  async remove(place: VmPlace): Promise<void> {
    await rm(this.locate(place), { force: true });
  }
}
