// Gives VMs their images: from the host's cache, else fetched once for the host, by whichever executor is first.
import { open, rm } from "node:fs/promises";
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import type { VmImage } from "@cke/protocol";
import type { PortWork } from "../ports/vm-place.ts";
import type { DiskFormat, QemuImg } from "../qemu-img/qemu-img.ts";
import { storageError } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";
import { fetchFile } from "./file-source.ts";
import { type ImageCache, sourceKey } from "./image-cache.ts";
import { type DownloadLimits, downloadSoFar } from "./image-download.ts";
import { downloadLimits, type Fetching, fetchUrl } from "./image-fetch.ts";
import { headerBytes, readImageHeader, usableFormat } from "./image-header.ts";
import { describeProgress, type ImageProgress } from "./image-progress.ts";
import { ImageRoom } from "./image-room.ts";
import { describeSource, type ImageSource, parseImageSource } from "./image-source.ts";
import { type RetentionPolicy, retention } from "./retention.ts";

export interface ImageStoreOptions {
  readonly cache: ImageCache;
  readonly qemuImg: QemuImg;
  /** -vm_image_path; empty: there is none. */
  readonly imagePath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: DownloadLimits;
  readonly policy?: RetentionPolicy;
}

/** An image in a VM's own directory. It is read-only, shared with others, and as it is for as long as it has this name. */
export interface GivenImage {
  readonly path: string;
  readonly format: DiskFormat;
  /** As a guest sees it. */
  readonly virtualBytes: number;
}

/** A kernel is an image of which nothing is known but its content. */
export type ImagePurpose = "disk" | "kernel";

/** Between two reports of progress. */
const progressMs = 250;
/** An image that is fetched and removed again before it is used, by whom it may be. */
const attempts = 3;

export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #room: ImageRoom;

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    const { cache, clock, logger, policy = retention } = options;
    this.#room = new ImageRoom({ cache, clock, logger, policy });
  }

  /**
   * The image under the path that `name` makes of its sum, where it stays when the cache is tidied. Throws CkeError: image_source,
   * image_not_found, image_unreachable, image_checksum, image_format, image_too_large, disk_full, storage_layout.
   */
  async give(
    image: VmImage,
    purpose: ImagePurpose,
    name: (sha256: string) => string,
    work: PortWork,
  ): Promise<GivenImage> {
    const { cache, imagePath } = this.#options;
    const source = parseImageSource(image.source, imagePath);
    const sum = checkedSum(image.sha256);
    await cache.prepare();
    try {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const sha256 = await this.#fetched(source, sum, work);
        const path = name(sha256);
        if (await cache.give(sha256, path)) return await this.#facts(path, source, image.format, purpose, work.signal);
      }
    } catch (error) {
      throw storageError(error, `the image ${describeSource(source)}`, cache.directory);
    }
    const words = `the image ${describeSource(source)} was removed from ${cache.directory} each time it was fetched`;
    throw new CkeError("image_unreachable", `${words}: nothing but executors may remove files there`, {
      retryable: true,
    });
  }

  /** The sum of the source's content, which is in the cache. */
  async #fetched(source: ImageSource, sum: string, work: PortWork): Promise<string> {
    const { cache, clock, imagePath, limits = downloadLimits } = this.#options;
    if (sum !== "" && (await cache.has(sum))) return sum;
    const key = sum || sourceKey(source.kind === "http" ? source.url.href : source.path);
    const { end, report } = this.#reporter(work);
    const lock = await this.#lock(key, report, work);
    try {
      const signal = AbortSignal.any([work.signal, lock.lost]);
      if (sum !== "" && (await cache.has(sum))) return sum;
      const makeRoom = (bytes: number) => this.#room.make(describeSource(source), bytes);
      const fetching: Fetching = { cache, key, sum, signal, clock, limits, report, makeRoom };
      return await (source.kind === "http"
        ? fetchUrl(source.url, fetching)
        : fetchFile(source.path, imagePath, fetching));
    } finally {
      end();
      await lock.release({ remove: true });
      await this.#room.tidy();
    }
  }

  /** While another executor fetches it, its progress is reported. */
  async #lock(key: string, report: (progress: ImageProgress) => void, { signal }: PortWork): Promise<HostLock> {
    const { cache, clock } = this.#options;
    const done = new AbortController();
    const watch = async () => {
      while (!done.signal.aborted) {
        report({ phase: "waiting", ...(await downloadSoFar(cache.partialPath(key))) });
        await clock.sleep(progressMs, done.signal);
      }
    };
    try {
      const onWait = () => void watch().catch(() => {}); // it ends by being aborted
      return await HostLock.acquire(cache.lockPath(key), { signal, onWait });
    } finally {
      done.abort();
    }
  }

  /** Tells progress now and then, and what was the last before it stands still. */
  #reporter({ progress }: PortWork): { readonly report: (now: ImageProgress) => void; readonly end: () => void } {
    const { clock } = this.#options;
    let told = Number.NEGATIVE_INFINITY;
    let cancel = () => {};
    const tell = (now: ImageProgress) => {
      told = clock.monotonic();
      progress("images", describeProgress(now));
    };
    return {
      report: (now) => {
        cancel();
        const waitMs = told + progressMs - clock.monotonic();
        if (waitMs <= 0 || now.done === now.total) tell(now);
        else cancel = clock.after(waitMs, () => tell(now), { background: true });
      },
      end: () => cancel(),
    };
  }

  async #facts(
    path: string,
    source: ImageSource,
    declared: string,
    purpose: ImagePurpose,
    signal: AbortSignal,
  ): Promise<GivenImage> {
    try {
      const { start, size } = await readStart(path);
      if (purpose === "kernel") return { path, format: "raw", virtualBytes: size };
      const name = describeSource(source);
      const format = usableFormat(readImageHeader(start), declared, name);
      if (format === "raw") return { path, format, virtualBytes: size };
      const info = await this.#options.qemuImg.info(path, format, { signal });
      if (info.backing !== undefined || info.dataFile !== undefined)
        throw new CkeError(
          "image_format",
          `the image ${name} refers to another file; flatten it: qemu-img convert -O qcow2`,
        );
      return { path, format, virtualBytes: info.virtualBytes };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }
}

async function readStart(path: string): Promise<{ readonly start: Uint8Array; readonly size: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return { start: buffer.subarray(0, bytesRead), size };
  } finally {
    await file.close();
  }
}

/** Lower case; empty when there is none. Throws CkeError image_source. */
export function checkedSum(text: string): string {
  if (text === "" || /^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new CkeError(
    "image_source",
    `sha256 of the image must be 64 hexadecimal digits, and it has ${text.length} characters`,
  );
}
