// The agent is killed at every point of what it does: between any two effects that it has on its disk, on processes, and on
// those it talks to. The next agent must settle everything: each task runs, or has ended with an update, or is not known
// (then the master ends it); and no process may be left of an executor without a use.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AgentFixture } from "./testing/agent-fixture.ts";
import { executorsHeard, expectSettled, updatesAfterTheEnd } from "./testing/crash-check.ts";
import type { CrashMoment } from "./testing/crash-points.ts";
import { type CrashScenario, crashScenarios } from "./testing/crash-scenarios.ts";

/** Effects on which something else begins to act; what it does then, may come before the agent dies or after it. */
const seen = /^(start|release|event|signal) /;
/** Effects after which nothing is as it was for the next agent or for an executor. `CRASH_POINTS=all` tries the others too. */
const telling = /^(write|append|remove|start|release|signal|event (SUBSCRIBED|LAUNCH|LAUNCH_GROUP|SHUTDOWN)) ?/;
const every = process.env.CRASH_POINTS === "all";

function momentsAt(point: string): CrashMoment[] {
  if (!every && !telling.test(point)) return [];
  const moments: CrashMoment[] = [{ when: "before", point }];
  if (/^remove (?!.*\.json$)/.test(point)) moments.push({ when: "amid", point });
  if (seen.test(point) && (every || !point.startsWith("event "))) moments.push({ when: "after", point });
  return moments;
}

/** Runs the steps until they are done or the agent is dead. */
async function play(fixture: AgentFixture, steps: CrashScenario["before"]): Promise<void> {
  const dead = fixture.agentDied().then(() => "dead" as const);
  for (const step of steps) if ((await Promise.race([dead, step(fixture)])) === "dead") return;
}

/** Plays up to where the scenario proper begins, with an agent that dies at `at` then. */
async function prepare(scenario: CrashScenario, at?: CrashMoment): Promise<AgentFixture> {
  const { predecessor, before } = scenario;
  const crash = at === undefined ? {} : { at };
  if (predecessor === undefined) {
    const fixture = await AgentFixture.make({ separateProcess: true, crash });
    await play(fixture, before);
    return fixture;
  }
  const fixture = await AgentFixture.make({ separateProcess: true, crash: { at: predecessor } });
  await play(fixture, before);
  await fixture.agentDied();
  await Promise.race([fixture.startAgent({ separateProcess: true, crash }), fixture.agentDied()]);
  return fixture;
}

/** Every moment of a scenario, as a run without a crash shows them. */
async function momentsOf(scenario: CrashScenario): Promise<CrashMoment[]> {
  await using fixture = await prepare(scenario);
  const points = () => readFileSync(fixture.trace, { encoding: "utf8", flag: "a+" }).split("\n").filter(Boolean);
  const known = scenario.predecessor === undefined ? points().length : 0;
  for (const step of scenario.during) await step(fixture);
  await fixture.crashAgent();
  return points().slice(known).flatMap(momentsAt);
}

const scenarios = crashScenarios.filter(({ thorough = false }) => every || !thorough);
const all = await Promise.all(scenarios.map(async (scenario) => ({ scenario, moments: await momentsOf(scenario) })));

describe.each(all)("$scenario.name", ({ scenario, moments }) => {
  test.concurrent.each(moments)("killed $when: $point", async (moment) => {
    await using fixture = await prepare(scenario, moment);
    const { master } = fixture;
    await play(fixture, scenario.during);
    await fixture.agentDied();
    const before = master.updates().map(({ status }) => status);
    master.messages.length = 0;
    await fixture.startAgent();
    const { tasks } = await expectSettled(fixture, executorsHeard(before));
    if (scenario.bystander !== undefined) expect(tasks[scenario.bystander]).toBe("TASK_RUNNING");
    const after = master.updates().map(({ status }) => status);
    expect(updatesAfterTheEnd(before, after)).toEqual([]);
  });
});
