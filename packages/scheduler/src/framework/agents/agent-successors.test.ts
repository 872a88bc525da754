// When another agent counts as having taken the place of one, by what Mesos answers.
import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { AgentSuccessors, unknownMs } from "./agent-successors.ts";

const listed = (...agents: readonly [string, string][]) => ({
  get_agents: { agents: agents.map(([value, hostname]) => ({ agent_info: { id: { value }, hostname }, pid: "" })) },
});
const host = new Map([["S1", "h1"]]);

async function made(body: unknown) {
  const clock = new ManualClock();
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return body === undefined ? ({ kind: "failed", reason: "403" } as const) : ({ kind: "answered", body } as const);
  };
  const successors = new AgentSuccessors({ clock, logger: silentLogger, ask });
  successors.heard({ state: "TASK_UNKNOWN", agent_id: { value: "S1" } });
  await clock.advance(unknownMs);
  return { clock, successors, asked: () => asked };
}

test.each<[string, unknown, readonly [string, string][]]>([
  ["another one has its host, in whatever case", listed(["S2", "H1"]), [["S1", "S2"]]],
  ["several have: the last", listed(["S2", "h1"], ["S3", "h1"]), [["S1", "S3"]]],
  ["none has", listed(["S2", "h2"]), []],
  ["it is registered by now", listed(["S2", "h1"], ["S1", "h1"]), []],
  [
    "the master waits for it after a failover",
    { get_agents: { agents: listed(["S2", "h1"]).get_agents.agents, recovered_agents: [{ id: { value: "S1" } }] } },
    [],
  ],
  ["agents without ids", { get_agents: { agents: [{ agent_info: { hostname: "h1" } }] } }, []],
  ["nonsense", [], []],
  ["no answer", undefined, []],
])("%s", async (_title, body, found) => {
  const { successors } = await made(body);
  expect([...(await successors.look(host))]).toEqual(found);
});

test("it is asked for those that have been unknown for long, once a minute, and for no others", async () => {
  const { successors, clock, asked } = await made(listed(["S2", "h1"]));
  successors.heard({ state: "TASK_UNKNOWN", agent_id: { value: "S9" } });
  expect([...(await successors.look(new Map([["S9", "h1"]])))]).toEqual([]);
  expect([...(await successors.look(new Map()))]).toEqual([]);
  expect(asked()).toBe(0);
  await successors.look(host);
  await successors.look(host);
  expect(asked()).toBe(1);
  await clock.advance(60_000);
  await successors.look(host);
  expect(asked()).toBe(2);
  expect([...successors.unknown()]).toEqual(["S1", "S9"]);
  successors.forget("S9");
  successors.heard({ state: "TASK_UNREACHABLE", agent_id: { value: "S1" } });
  expect([...successors.unknown()]).toEqual([]);
});
