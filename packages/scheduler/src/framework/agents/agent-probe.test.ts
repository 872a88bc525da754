import type { TaskState } from "@cke/mesos";
import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { AgentProbe, probeEveryMs } from "./agent-probe.ts";

function made() {
  const clock = new ManualClock();
  const asked: string[][] = [];
  const probe = new AgentProbe(clock, {
    reconcile: async (tasks) => {
      asked.push(tasks.map(({ agentId }) => agentId));
      return true;
    },
  });
  const answer = (agentId: string, state: TaskState) =>
    probe.heard({ task_id: { value: `cke-agent-probe.${agentId}` }, agent_id: { value: agentId }, state });
  return { clock, asked, probe, answer };
}

test("agents are asked for at once and then every five minutes, for as long as something is awaited from them", async () => {
  const { clock, asked, probe } = made();
  await probe.ask(new Set(["a", "b"]));
  await probe.ask(new Set(["a", "b", "c"]));
  await clock.advance(probeEveryMs);
  await probe.ask(new Set(["a"]));
  await probe.ask(new Set(["a", "b"]));
  expect(asked).toEqual([["a", "b"], ["c"], ["a"], ["b"]]);
});

test.each<[TaskState, boolean]>([
  ["TASK_GONE", false],
  ["TASK_UNREACHABLE", false],
  ["TASK_GONE_BY_OPERATOR", true],
  // Forgotten by the master, or by a registry that does not outlive it.
  ["TASK_UNKNOWN", false],
])("%s: the agent never comes back: %s", (state, gone) => {
  const { probe, answer } = made();
  expect(answer("a", state)).toBe(true);
  expect([...probe.takeGone()]).toEqual(gone ? ["a"] : []);
  expect(probe.takeGone().size).toBe(0);
});

test("an update of a task is none of its business", () => {
  const { probe } = made();
  expect(probe.heard({ task_id: { value: "cke.c.n.i.node" }, state: "TASK_UNKNOWN" })).toBe(false);
});

test("what was said of an agent before another one of its name was seen counts no more, and it is asked for again", async () => {
  const { asked, probe, answer } = made();
  await probe.ask(new Set(["a"]));
  answer("a", "TASK_GONE"); // it is registered
  expect(probe.answeredSince("a", "a2")).toBe(false);
  answer("a", "TASK_GONE"); // nothing is asked now
  expect(probe.answeredSince("a", "a2")).toBe(false);
  await probe.ask(new Set(["a"]));
  expect(asked).toEqual([["a"], ["a"]]);
  answer("a", "TASK_UNREACHABLE");
  expect(probe.answeredSince("a", "a2")).toBe(true);
  expect(probe.answeredSince("a", "a3")).toBe(false);
  await probe.ask(new Set(["a"]));
  answer("a", "TASK_GONE_BY_OPERATOR"); // nobody has drawn the consequence yet
  expect(probe.answeredSince("a", "a3")).toBe(false);
});
