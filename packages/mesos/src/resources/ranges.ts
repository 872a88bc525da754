// Arithmetic of integer ranges, both ends inclusive, as Mesos uses them for ports. Normal form: sorted, disjoint, not
// adjacent.
import type { Range } from "../v1/value.ts";

/** Sorts, merges overlapping and adjacent ranges, drops empty ones. */
export function normalizeRanges(ranges: readonly Range[]): readonly Range[] {
  const sorted = ranges.filter((range) => range.begin <= range.end).sort((a, b) => a.begin - b.begin);
  const merged: { begin: number; end: number }[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.begin <= last.end + 1) last.end = Math.max(last.end, range.end);
    else merged.push({ begin: range.begin, end: range.end });
  }
  return merged;
}

/** What is in `from` and not in `what`; the result is normal. */
export function subtractRanges(from: readonly Range[], what: readonly Range[]): readonly Range[] {
  let rest = normalizeRanges(from);
  for (const cut of normalizeRanges(what)) {
    rest = rest.flatMap((range) => {
      if (cut.end < range.begin || cut.begin > range.end) return [range];
      return [
        { begin: range.begin, end: cut.begin - 1 },
        { begin: cut.end + 1, end: range.end },
      ].filter((part) => part.begin <= part.end);
    });
  }
  return rest;
}

/** What is in both; the result is normal. */
export function intersectRanges(a: readonly Range[], b: readonly Range[]): readonly Range[] {
  const left = normalizeRanges(a);
  const right = normalizeRanges(b);
  return normalizeRanges(
    left.flatMap((x) => right.map((y) => ({ begin: Math.max(x.begin, y.begin), end: Math.min(x.end, y.end) }))),
  );
}

/** How many integers the ranges hold (counted once where they overlap). */
export function countOfRanges(ranges: readonly Range[]): number {
  return normalizeRanges(ranges).reduce((count, range) => count + range.end - range.begin + 1, 0);
}

/** The first `count` integers, lowest first; fewer when there are not so many. */
export function firstOfRanges(ranges: readonly Range[], count: number): readonly number[] {
  const found: number[] = [];
  for (const range of normalizeRanges(ranges)) {
    for (let value = range.begin; value <= range.end && found.length < count; value += 1) found.push(value);
  }
  return found;
}

/** Ranges that hold exactly the given integers. */
export function rangesOf(values: readonly number[]): readonly Range[] {
  return normalizeRanges(values.map((value) => ({ begin: value, end: value })));
}

/** "31000-31004, 31008". */
export function describeRanges(ranges: readonly Range[]): string {
  return normalizeRanges(ranges)
    .map(({ begin, end }) => (begin === end ? `${begin}` : `${begin}-${end}`))
    .join(", ");
}
