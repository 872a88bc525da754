// Durations as Mesos writes them in environment variables and messages ("3secs", "2mins") and reads them (nanoseconds).

const units = [
  ["weeks", 604_800_000],
  ["days", 86_400_000],
  ["hrs", 3_600_000],
  ["mins", 60_000],
  ["secs", 1_000],
  ["ms", 1],
] as const;

/** Milliseconds as text: the largest unit that gives a whole number ("90secs", "2mins"). */
export function formatDuration(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  const unit = units.find(([, size]) => whole >= size && whole % size === 0);
  return unit === undefined ? "0ns" : `${whole / unit[1]}${unit[0]}`;
}

/** Milliseconds of a v1 DurationInfo. */
export function durationMs(duration: { readonly nanoseconds: number | bigint } | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.nanoseconds) / 1e6;
}
