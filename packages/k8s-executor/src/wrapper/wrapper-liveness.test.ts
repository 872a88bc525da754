import { silentLogger } from "@cke/foundation";
import { InfoResponse } from "@cke/protocol";
import { expect, test } from "vitest";
import { WrapperLiveness } from "./wrapper-liveness.ts";

/** A clock whose sleeps end at once and let time pass; a question costs what its answer says. */
function lab(answers: readonly { readonly ms: number; readonly ok: boolean }[]) {
  let now = 0;
  const over = new AbortController();
  const changes: [at: number, since: number | undefined][] = [];
  const left = [...answers];
  const clock = {
    now: () => 1_000_000 + now,
    monotonic: () => now,
    sleep: async (ms: number) => {
      now += ms;
      if (left.length === 0) over.abort();
    },
    after: () => () => {},
  };
  const wrapper = {
    info: async () => {
      const answer = left.shift() ?? { ms: 0, ok: true };
      now += answer.ms;
      if (!answer.ok) throw new Error("no answer");
      return InfoResponse.create({});
    },
  };
  const onChange = (since: number | undefined) => changes.push([now, since]);
  const liveness = new WrapperLiveness({ wrapper, clock, logger: silentLogger, onChange });
  return { liveness, changes, run: () => liveness.watch(over.signal) };
}

const well = { ms: 1, ok: true };
const late = { ms: 6_000, ok: false };
const refused = { ms: 0, ok: false };

test("a wrapper that stops answering is silent well within 30 s, since its last answer, and is told once", async () => {
  const { changes, run } = lab([well, late, late, late, late]);
  await run();
  // Answered at 1 ms, asked again at 4 s.
  expect(changes).toEqual([[16_000, 1_000_001]]);
});

test("one whose socket is gone is silent as well", async () => {
  const { changes, run } = lab([well, refused, refused, refused, refused, refused]);
  await run();
  expect(changes).toEqual([[16_000, 1_000_001]]);
});

test("it is well again with its first answer", async () => {
  const { changes, liveness, run } = lab([well, late, late, well, well]);
  await run();
  expect(changes.map(([, since]) => since)).toEqual([1_000_001, undefined]);
  expect(liveness.silent).toBe(false);
});

test("slow answers are answers", async () => {
  const slow = { ms: 5_900, ok: true };
  const { changes, run } = lab([slow, slow, late, slow, slow]);
  await run();
  expect(changes).toEqual([]);
});

test("one question that this program itself has slept over says nothing", async () => {
  const { changes, run } = lab([well, { ms: 900_000, ok: false }, well]);
  await run();
  expect(changes).toEqual([]);
});
