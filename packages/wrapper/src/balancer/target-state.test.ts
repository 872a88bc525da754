import { expect, test } from "vitest";
import { inOrder, type Observation, observed, type TargetState, unknown } from "./target-state.ts";

const after = (...seen: readonly Observation[]): TargetState => seen.reduce(observed, unknown);

test.each<[string, readonly Observation[], string]>([
  ["not checked yet", [], "doubtful"],
  ["well", ["well"], "up"],
  ["well again, whatever was before", ["well", "refused", "silent", "well"], "up"],
  ["it takes no connection: down at once", ["well", "refused"], "down"],
  ["late once: others are preferred, and its connections stay", ["well", "silent"], "doubtful"],
  ["late again: frozen, or its host is gone", ["well", "silent", "silent"], "down"],
  ["late, well, late: a busy host", ["well", "silent", "well", "silent"], "doubtful"],
  ["not ready: it answers, so its connections stay", ["well", "unready", "unready", "unready"], "doubtful"],
  ["late after it was not ready", ["unready", "silent", "unready", "silent"], "doubtful"],
  ["its connection broke: others are preferred until it is checked", ["well", "lost"], "doubtful"],
  ["a dead one is dead until it is well", ["refused", "lost", "silent"], "down"],
  ["it comes back, and is not ready yet", ["refused", "unready"], "doubtful"],
])("%s", (_title, seen, kind) => {
  expect(after(...seen).kind).toBe(kind);
});

test("new connections go to what is up, of that to the least used, and to the rest only then", () => {
  const candidates = [
    { name: "down", state: after("refused"), connections: 0 },
    { name: "doubtful", state: unknown, connections: 0 },
    { name: "busy", state: after("well"), connections: 3 },
    { name: "first", state: after("well"), connections: 1 },
    { name: "second", state: after("well"), connections: 1 },
  ];
  expect(inOrder(candidates).map(({ name }) => name)).toEqual(["first", "second", "busy", "doubtful", "down"]);
});
