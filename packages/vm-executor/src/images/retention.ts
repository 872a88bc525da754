// Which cached images go. One that a VM of this host uses has a second name in that VM's directory and never goes. Pure.

export interface StoredImage {
  readonly sha256: string;
  readonly bytes: number;
  readonly lastUsedMs: number;
  /** A VM of this host has it. */
  readonly used: boolean;
}

export interface RetentionPolicy {
  /** Unused for so long: it goes. */
  readonly unusedMs: number;
  /** All unused images together. */
  readonly unusedBytes: number;
  /** So young, it is kept even when room is needed: somebody has just fetched it. */
  readonly youngMs: number;
}

export const retention: RetentionPolicy = {
  unusedMs: 30 * 86_400_000,
  unusedBytes: 50 * 2 ** 30,
  youngMs: 10 * 60_000,
};

export interface Moment {
  readonly nowMs: number;
  /** Bytes that are wanted beside those that are free; 0 for ordinary tidying. */
  readonly wantedBytes: number;
}

/** Sums of the images to remove, those that were not used for longest first. */
export function imagesToRemove(
  images: readonly StoredImage[],
  policy: RetentionPolicy,
  { nowMs, wantedBytes }: Moment,
): readonly string[] {
  const idle = images
    .filter(({ used, lastUsedMs }) => !used && nowMs - lastUsedMs >= policy.youngMs)
    .toSorted((a, b) => a.lastUsedMs - b.lastUsedMs || a.sha256.localeCompare(b.sha256));
  let kept = images.filter(({ used }) => !used).reduce((sum, { bytes }) => sum + bytes, 0);
  let wanted = wantedBytes;
  const removed: string[] = [];
  for (const { sha256, bytes, lastUsedMs } of idle) {
    if (nowMs - lastUsedMs < policy.unusedMs && kept <= policy.unusedBytes && wanted <= 0) break;
    removed.push(sha256);
    kept -= bytes;
    wanted -= bytes;
  }
  return removed;
}
