import { expect, test } from "vitest";
import { planOf } from "./build-plan.ts";
import { leftInWords, progressInWords, remainingMs, type Sample } from "./pace.ts";

// A build of Kubernetes 1.37 on two cores, while a dozen other programs began to use them: second, and finished
// thousands.
const recorded = [
  [15, 11175],
  [30, 26896],
  [45, 40087],
  [60, 52991],
  [75, 62986],
  [90, 65532],
  [105, 74191],
  [120, 83928],
  [135, 91118],
  [150, 92847],
  [165, 96670],
  [180, 99321],
  [195, 104124],
  [210, 108585],
  [225, 114186],
  [240, 118684],
  [256, 122243],
  [271, 131880],
  [286, 136616],
  [301, 143153],
  [316, 143936],
  [331, 146823],
  [346, 149520],
  [361, 155400],
  [376, 159765],
  [391, 170403],
  [406, 173792],
  [415, 176149],
] as const;
const total = 176_149;
const pace = (secondsOf: (second: number) => number): readonly Sample[] =>
  recorded.map(([second, weight]) => ({ ms: secondsOf(second) * 1_000, weight }));

/** Estimate divided by true time at each sample from `from` percent on, except in the last half minute. */
function ratios(samples: readonly Sample[], from: number): number[] {
  const end = samples.at(-1)?.ms ?? 0;
  return samples.flatMap(({ ms, weight }, index) => {
    const left = remainingMs(samples.slice(0, index + 1), total);
    if (left === undefined || weight < (total * from) / 100 || end - ms < 30_000) return [];
    return [left / (end - ms)];
  });
}

test.each([
  ["as recorded", (second: number) => second],
  ["on a machine that is ten times as busy", (second: number) => second * 10],
  ["on one that is four times as fast", (second: number) => second / 4],
])(
  "the remaining time is true within a factor of three from a fifth on, and of two from a half on: %s",
  (_how, secondsOf) => {
    const early = ratios(pace(secondsOf), 20);
    const late = ratios(pace(secondsOf), 60);
    expect(late.length).toBeGreaterThan(5);
    for (const ratio of early) expect(ratio).toBeGreaterThan(1 / 3);
    for (const ratio of early) expect(ratio).toBeLessThan(3);
    for (const ratio of late) expect(ratio).toBeGreaterThan(1 / 2);
    for (const ratio of late) expect(ratio).toBeLessThan(2);
  },
);

test("a machine that becomes eight times as busy half-way is believed after a while", () => {
  const turn = 150;
  const samples = pace((second) => (second <= turn ? second : turn + (second - turn) * 8));
  const late = ratios(samples, 54).slice(-8);
  expect(late).toHaveLength(8);
  for (const ratio of late) expect(ratio).toBeGreaterThan(1 / 2);
});

test("an even pace is told exactly", () => {
  const samples = Array.from({ length: 41 }, (_, index) => ({ ms: index * 1_000, weight: index * 10 }));
  expect(remainingMs(samples, 1_000)).toBeCloseTo(60_000);
});

test("nothing is told too early, and a standstill falls back on the whole pace", () => {
  expect(remainingMs([], 100)).toBeUndefined();
  expect(remainingMs([{ ms: 9_000, weight: 50 }], 100)).toBeUndefined();
  expect(remainingMs([{ ms: 60_000, weight: 0 }], 100)).toBeUndefined();
  const still = [0, 10, 20, 30, 40].map((second) => ({ ms: second * 1_000, weight: second < 10 ? 0 : 50 }));
  expect(remainingMs(still, 100)).toBe(40_000);
});

test.each([
  [undefined, "it is too early to tell how long it takes"],
  [1_000, "about 10 s left"],
  [44_000, "about 40 s left"],
  [89_000, "about 90 s left"],
  [100_000, "about 2 min left"],
  [48 * 60_000, "about 48 min left"],
])("%s ms are %s", (ms, words) => {
  expect(leftInWords(ms)).toBe(words);
});

test("the line tells per cent, packages, programs and time", () => {
  const listed = (ImportPath: string, Name: string) => ({
    ImportPath,
    Name,
    Dir: "",
    GoFiles: [],
    SFiles: [],
    DepOnly: Name !== "main",
    Stale: true,
    StaleReason: "build ID mismatch",
  });
  const plan = planOf([listed("a", "a"), listed("b", "b"), listed("p", "main")], () => 313_333);
  const samples = [
    { ms: 10_000, weight: 100_000 },
    { ms: 20_000, weight: 333_333 },
  ];
  expect(progressInWords(plan, { weight: 333_333, compiled: 1, linked: 0 }, samples)).toBe(
    "11 % (1 of 3 packages, 0 of 1 programs linked), about 2 min left",
  );
});
