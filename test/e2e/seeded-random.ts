// Random numbers that a failed run can repeat: mulberry32, seeded by CKE_SEED or by the clock. The seed is printed.

export interface SeededRandom {
  readonly seed: number;
  /** In [0,1). */
  next(): number;
  /** Integer in [from, to]. */
  between(from: number, to: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** The same values in random order. */
  shuffled<T>(values: readonly T[]): T[];
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    shuffled: (values) =>
      values
        .map((value) => ({ value, rank: next() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ value }) => value),
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
  };
}
