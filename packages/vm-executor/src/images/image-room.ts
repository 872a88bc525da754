// Room for images on the disk of the host: what no VM uses goes when it was not used for long, or when room is needed.
import type { Clock, Logger } from "@cke/foundation";
import { messageOf } from "@cke/foundation";
import { freeBytes, lacksRoom, reserveBytes } from "../storage/free-space.ts";
import type { ImageCache } from "./image-cache.ts";
import type { RetentionPolicy } from "./retention.ts";

export interface ImageRoomOptions {
  readonly cache: ImageCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: RetentionPolicy;
}

export class ImageRoom {
  readonly #options: ImageRoomOptions;

  constructor(options: ImageRoomOptions) {
    this.#options = options;
  }

  /** Removes unused images if that is needed for `bytes` more. Throws CkeError disk_full. */
  async make(image: string, bytes: number): Promise<void> {
    const { directory } = this.#options.cache;
    const room = async () => {
      const free = await freeBytes(directory);
      const what = `the image ${image}`;
      return { free, lack: lacksRoom({ what, needed: bytes, free, directory }) };
    };
    const before = await room();
    if (before.lack === undefined) return;
    await this.#remove(bytes + reserveBytes - before.free);
    const { lack } = await room();
    if (lack !== undefined) throw lack;
  }

  /** What the policy has removed. A failure is logged: it is the next one's turn. */
  async tidy(): Promise<void> {
    try {
      await this.#remove(0);
    } catch (error) {
      this.#options.logger.warning("unused images could not be removed", { detail: messageOf(error) });
    }
  }

  async #remove(wantedBytes: number): Promise<void> {
    const { cache, clock, logger, policy } = this.#options;
    const removed = await cache.tidy(policy, { nowMs: clock.now(), wantedBytes });
    if (removed.length > 0) logger.info("removed images that no virtual machine uses", { removed });
  }
}
