// Fetches an image by HTTP into the cache, checks its sum, and remembers what the source had.
import { CkeError, type Clock } from "@cke/foundation";
import { sumOf } from "./content-sum.ts";
import { httpLimits } from "./http-source.ts";
import type { ImageCache, KnownSource } from "./image-cache.ts";
import { type DownloadLimits, discardDownload, downloadImage } from "./image-download.ts";
import type { ImageProgress } from "./image-progress.ts";
import { describeUrl } from "./image-source.ts";

export const downloadLimits: DownloadLimits = {
  ...httpLimits,
  attempts: 8,
  backoffMs: { baseMs: 500, maxMs: 30_000 },
  totalMs: 12 * 3_600_000,
  maxBytes: 2 ** 40,
};

/** What fetching one image needs. The caller has the lock of `key`. */
export interface Fetching {
  readonly cache: ImageCache;
  /** Of its files in the cache. */
  readonly key: string;
  /** The sum that it must have; empty when any will do. */
  readonly sum: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly limits: DownloadLimits;
  readonly report: (progress: ImageProgress) => void;
  readonly makeRoom: (bytes: number) => Promise<void>;
}

/** Resolves to the sum of its content. */
export async function fetchUrl(url: URL, fetching: Fetching): Promise<string> {
  const { cache, key, makeRoom, report, signal, sum } = fetching;
  const known = sum === "" ? await knownSource(fetching) : undefined;
  const file = cache.partialPath(key);
  for (let again = false; ; again = true) {
    const downloaded = await downloadImage({
      url,
      file,
      sumIsKnown: sum !== "",
      known: known === undefined ? undefined : { etag: known.etag, lastModified: known.lastModified, bytes: undefined },
      signal,
      clock: fetching.clock,
      limits: fetching.limits,
      onProgress: (done, total) => report({ phase: "downloading", done, total }),
      makeRoom,
    });
    if (downloaded.kind === "unchanged") {
      if (known !== undefined) return known.sha256;
      const words = `${describeUrl(url)} says that nothing has changed, though it was not asked`;
      throw new CkeError("image_unreachable", words, { retryable: true });
    }
    const found = await sumOf(file, {
      signal,
      onProgress: (done, total) => report({ phase: "checking", done, total }),
    });
    if (sum !== "" && found !== sum) {
      await discardDownload(file);
      // The parts may have been of two contents: once more in one piece.
      if (downloaded.resumed && !again) continue;
      throw wrongSum(describeUrl(url), sum, found);
    }
    await cache.keep(file, found);
    await discardDownload(file);
    const { etag, lastModified } = downloaded.state;
    if (sum === "") await cache.noteSource(key, { sha256: found, etag, lastModified, identity: "" });
    return found;
  }
}

/** What the source had, when the cache has it still and the source can be asked about it. */
async function knownSource({ cache, key }: Fetching): Promise<KnownSource | undefined> {
  const known = await cache.source(key);
  if (known === undefined || (known.etag === "" && known.lastModified === "")) return undefined;
  return (await cache.has(known.sha256)) ? known : undefined;
}

export function wrongSum(source: string, sum: string, found: string): CkeError {
  const words = `the image ${source} has the sha256 ${found}, and it should have ${sum}`;
  return new CkeError("image_checksum", `${words}: correct the sum, or the image; it was not used`);
}
