import { expect, test } from "vitest";
import { type Look, waitWhileProgress } from "./progress-wait.ts";

/** A clock on which pauses take no time, and results that follow a script: [ms since the start, result]. */
function stage(script: readonly (readonly [number, Look<string>])[]) {
  let time = 0;
  const told: string[] = [];
  return {
    told,
    clock: {
      now: () => time,
      pause: async (ms: number) => {
        time += ms;
      },
    },
    look: async (): Promise<Look<string>> =>
      script.findLast(([at]) => at <= time)?.[1] ?? { progress: "", words: "nothing yet" },
    tell: (line: string) => {
      told.push(line);
    },
  };
}

test("what takes an hour and goes on all the time is waited for", async () => {
  const steps = Array.from(
    { length: 60 },
    (_, minute) => [minute * 60_000, { progress: `${minute}`, words: `step ${minute}` }] as const,
  );
  const { clock, look, tell, told } = stage([...steps, [3_600_000, { done: "up" }]]);
  const wait = { what: "a slow thing", look, tell, silentMs: 120_000, tellMs: 900_000 };
  expect(await waitWhileProgress(wait, clock)).toBe("up");
  expect(told[0]).toBe("waiting for a slow thing (900 s): step 15");
  expect(told).toHaveLength(3);
});

test("what stands still is given up, with what was waited for and what was seen last", async () => {
  const { clock, look } = stage([
    [0, { progress: "1", words: "etcd" }],
    [50_000, { progress: "2", words: "the API server" }],
  ]);
  await expect(waitWhileProgress({ what: "the cluster", look, silentMs: 60_000 }, clock)).rejects.toThrow(
    "waited 110 s for the cluster: the API server; nothing has changed for 60 s",
  );
});

test("words that change without progress do not prolong the wait", async () => {
  const script = Array.from(
    { length: 100 },
    (_, second) => [second * 1000, { progress: "same", words: `try ${second}` }] as const,
  );
  const { clock, look } = stage(script);
  await expect(waitWhileProgress({ what: "it", look, silentMs: 10_000 }, clock)).rejects.toThrow("waited 10 s for it");
});

test("what cannot come any more is not waited for", async () => {
  const { clock, look } = stage([]);
  const lost = () => (clock.now() >= 3_000 ? "its process has ended" : "");
  await expect(waitWhileProgress({ what: "it", look, lost, silentMs: 600_000 }, clock)).rejects.toThrow(
    "waited 3 s for it: nothing yet; its process has ended",
  );
});

test("the end that is there at the first look costs no pause", async () => {
  const { clock, look } = stage([[0, { done: "at once" }]]);
  expect(await waitWhileProgress({ what: "it", look, silentMs: 1 }, clock)).toBe("at once");
  expect(clock.now()).toBe(0);
});
