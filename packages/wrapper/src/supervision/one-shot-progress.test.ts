// The words of a one-shot that runs: from its output, now and then, and none when it has ended.
import { expect, test } from "vitest";
import { OneShotProgress } from "./one-shot-progress.ts";

function setup(lines: readonly (string | Error)[]) {
  const [timers, told, left]: [Set<() => void>, string[], (string | Error)[]] = [new Set(), [], [...lines]];
  const progress = new OneShotProgress({
    clock: {
      after: (_ms, run) => {
        timers.add(run);
        return () => timers.delete(run);
      },
    },
    lastLine: async () => {
      const next = left.shift() ?? "";
      if (next instanceof Error) throw next;
      return next;
    },
    onChange: () => told.push(progress.words),
  });
  const due = async () => {
    for (const run of [...timers]) {
      timers.delete(run);
      run();
    }
    await new Promise(setImmediate);
  };
  return { progress, told, due, timers };
}

test("it tells each line once, and one that cannot be read is read the next time", async () => {
  const { progress, told, due } = setup(["", "loads a", "loads a", new Error("busy"), "loads b"]);
  progress.begin();
  for (let round = 0; round < 5; round += 1) await due();
  expect(told).toEqual(["loads a", "loads b"]);
  expect(progress.words).toBe("loads b");
});

test("when it ends it says nothing, also when a look is under way", async () => {
  const { progress, told, due, timers } = setup(["loads a"]);
  progress.begin();
  const looked = due();
  progress.end();
  await looked;
  expect([progress.words, told, timers.size]).toEqual(["", [], 0]);
});
