// The agent is killed at moments that a seed chooses, twice in a row, while it launches several things at once: whatever
// the points of agent-crash.integration.test.ts do not show one by one. `SEED=7` repeats one, `FIRST=1 SEEDS=60` tries more.
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { expect, test } from "vitest";
import { AgentFixture, runCommand, runGroup, runTask } from "./testing/agent-fixture.ts";
import { executorsHeard, expectSettled, updatesAfterTheEnd } from "./testing/crash-check.ts";

const one = process.env.SEED;
const first = Number(one || process.env.FIRST || 1);
const seeds = Array.from(
  { length: one === undefined ? Number(process.env.SEEDS || 6) : 1 },
  (_, index) => first + index,
);

test.each(seeds)("killed twice while it launches, seed %d", async (seed) => {
  const random = seededRandom(seed);
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runTask({ id: "t1", executor: "e1" }));
  master.send(runTask({ id: "t2", executor: "e2" }));
  master.send(runTask({ id: "t3", executor: "e1" }));
  master.send(runCommand("k1", { value: "sleep 1000" }));
  master.send(runGroup(["t4", "t5"], { type: "CUSTOM" }));
  await delay(random() * 900);
  await fixture.crashAgent();
  await Promise.race([fixture.startAgent({ separateProcess: true }), delay(300 + random() * 400)]);
  await fixture.crashAgent();
  const before = master.updates().map(({ status }) => status);
  master.messages.length = 0;
  await fixture.startAgent();
  await expectSettled(fixture, executorsHeard(before));
  const after = master.updates().map(({ status }) => status);
  expect(updatesAfterTheEnd(before, after)).toEqual([]);
});
