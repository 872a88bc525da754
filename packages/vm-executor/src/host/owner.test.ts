// Who may take a VM's directory: never two that run.
import { expect, test } from "vitest";
import { mayTake, type Owner } from "./owner.ts";

const self: Owner = { executorId: "e2", pid: 20, startTime: "200", bootId: "b1", pidNamespace: "n1" };
const owner = (more: Partial<Owner> = {}): Owner => ({ ...self, executorId: "e1", pid: 10, startTime: "100", ...more });

test.each<[string, Owner | undefined, string | undefined, boolean]>([
  ["nobody is written in it", undefined, undefined, true],
  ["its owner runs", owner(), "100", false],
  ["its owner has ended", owner(), undefined, true],
  ["another process has its owner's pid", owner(), "150", true],
  ["the host was started anew since", owner({ bootId: "b0" }), "100", true],
  ["this process has it", owner({ pid: 20, startTime: "200" }), "200", true],
  ["pids of another namespace say nothing, and the lock is free", owner({ pidNamespace: "n2" }), "100", true],
])("%s", (_what, held, startTimeNow, expected) => {
  expect(mayTake(held, { self, startTimeNow })).toBe(expected);
});
