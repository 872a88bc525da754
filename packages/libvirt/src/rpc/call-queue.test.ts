import { expect, test } from "vitest";
import { CallQueue } from "./call-queue.ts";

interface Named {
  readonly name: string;
  readonly slow: boolean;
}

const quick = (name: string): Named => ({ name, slow: false });
const slow = (name: string): Named => ({ name, slow: true });

function queue(bounds = { most: 5, slowMost: 3, waitingMost: 4 }) {
  const sent: string[] = [];
  return { sent, calls: new CallQueue<Named>((call) => sent.push(call.name), bounds) };
}

test("five at most are under way, and the others go in their order", () => {
  const { sent, calls } = queue();
  const all = ["a", "b", "c", "d", "e", "f", "g"].map(quick);
  for (const call of all) calls.add(call);
  expect(sent).toEqual(["a", "b", "c", "d", "e"]);
  for (const call of all.slice(1, 3)) calls.done(call);
  expect(sent.slice(5)).toEqual(["f", "g"]);
});

test("slow calls leave room for quick ones", () => {
  const { sent, calls } = queue();
  const all = ["a", "b", "c", "d"].map(slow);
  for (const call of all) calls.add(call);
  calls.add(quick("q"));
  expect(sent).toEqual(["a", "b", "c", "q"]);
  if (all[0]) calls.done(all[0]);
  expect(sent).toEqual(["a", "b", "c", "q", "d"]);
});

test("what waits may be withdrawn, and is bounded", () => {
  const { sent, calls } = queue({ most: 1, slowMost: 1, waitingMost: 2 });
  const [a, b, c] = [quick("a"), quick("b"), quick("c")];
  expect([a, b, c].map((call) => calls.add(call))).toEqual([true, true, true]);
  expect(calls.add(quick("d"))).toBe(false);
  expect([calls.withdraw(a), calls.withdraw(b)]).toEqual([false, true]);
  calls.done(a);
  calls.done(a);
  expect(sent).toEqual(["a", "c"]);
  expect(calls.drain()).toEqual({ sent: [c], waiting: [] });
});
