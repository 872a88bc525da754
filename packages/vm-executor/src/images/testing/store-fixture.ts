// An image store in a private directory, with a VM's directory beside it.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import type { PortWork } from "../../ports/vm-place.ts";
import { QemuImg } from "../../qemu-img/qemu-img.ts";
import { ImageCache } from "../image-cache.ts";
import type { DownloadLimits } from "../image-download.ts";
import { downloadLimits } from "../image-fetch.ts";
import { ImageStore, type ImageStoreOptions } from "../image-store.ts";

export const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Quick attempts, and a patience that a busy machine does not use up by itself. */
export const testLimits: DownloadLimits = { ...downloadLimits, backoffMs: { baseMs: 5, maxMs: 20 } };

export class StoreFixture {
  readonly directory = mkdtempSync(join(tmpdir(), "cke-images-"));
  readonly vm = join(this.directory, "vm");
  readonly named = join(this.directory, "named");
  readonly cache = new ImageCache(join(this.directory, "images"));
  readonly progress: string[] = [];
  readonly warnings: string[] = [];
  readonly abort = new AbortController();
  readonly work: PortWork = {
    signal: this.abort.signal,
    progress: (_step, detail) => void this.progress.push(detail),
    warn: (words) => void this.warnings.push(words),
  };

  constructor() {
    mkdirSync(this.vm);
    mkdirSync(this.named);
  }

  store(options: Partial<ImageStoreOptions> = {}): ImageStore {
    return new ImageStore({
      cache: this.cache,
      qemuImg: new QemuImg(),
      imagePath: this.named,
      clock: systemClock,
      logger: silentLogger,
      limits: testLimits,
      ...options,
    });
  }

  /** Gives the VM an image and resolves to its path there. */
  async give(source: string, sum = "", store = this.store()): Promise<string> {
    const name = (found: string) => join(this.vm, `image-${found}`);
    return (await store.give({ source, sha256: sum, format: "" }, "disk", name, this.work)).path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
