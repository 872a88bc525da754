// The checker finds what it is made for: schedulers that are broken on purpose, each in one way, do not pass.

import type { FrameworkCall } from "@cke/scheduler/framework/interfaces/mesos-connection";
import type { Store } from "@cke/scheduler/store/store";
import { expect, test } from "vitest";
import { type SeededRunOptions, seededRun } from "./seeded-run.ts";

/** A store that now and then reports success and has stored nothing. */
function forgetful(every: number): (store: Store) => Store {
  let commits = 0;
  return (store) => ({
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    keys: (prefix) => store.keys(prefix),
    commit: async (operations, guard) => {
      commits += 1;
      const launches = operations.some(({ key }) => key.startsWith("units/"));
      return launches && commits % every === 0 ? { revision: 1 } : await store.commit(operations, guard);
    },
    healthy: () => store.healthy(),
    close: () => store.close(),
  });
}

/** The problem of the first seed that does not pass. */
async function firstProblem(broken: NonNullable<SeededRunOptions["broken"]>): Promise<string> {
  for (let seed = 1; seed <= 20; seed += 1) {
    try {
      await seededRun(seed, { broken });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return "nothing was found";
}

const isRelease = (call: FrameworkCall) =>
  call.type === "ACCEPT" && call.accept.operations?.every(({ type }) => type === "UNRESERVE") === true;

let same = 0;

test.each<[string, NonNullable<SeededRunOptions["broken"]>, RegExp]>([
  ["launches and acknowledges before it stores", { breakStore: forgetful(2) }, /never stored|is acknowledged while/],
  // A broken KILL alone is not enough, because an executor that does not react is shut down.
  [
    "forgets to kill",
    { forgets: ({ type }) => type === "KILL" || type === "SHUTDOWN" },
    /not converged|left after|two live tasks/,
  ],
  ["uses task ids twice", { incarnation: () => `i${++same % 3}` }, /used twice/],
  ["never acknowledges", { forgets: ({ type }) => type === "ACKNOWLEDGE" }, /not converged|left after/],
  [
    "never gives back what is reserved",
    { forgets: (call) => isRelease(call) },
    // The last alternative: records wait for resources that are never released, and a host that was given up comes back
    // meanwhile.
    /has reserved resources|CPUs are reserved, 0 are noted|is deleted while/,
  ],
  // The last alternative: an agent of which CKE keeps an offer for ever makes no other one, so that its host is not cleaned up.
  ["never declines", { forgets: ({ type }) => type === "DECLINE" }, /not converged|left after|is deleted while/],
])("a scheduler that %s is found out", async (_what, broken, words) => {
  const problem = await firstProblem(broken);
  expect(problem).toMatch(words);
  expect(problem).toMatch(/repeat it with: make soak SEED=\d+/);
});
