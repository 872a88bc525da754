// Which hosts are known: by offers, by the master's list, by address, and without either.
import { silentLogger } from "@cke/foundation";
import type { Offer } from "@cke/mesos";
import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { AgentNames } from "./agent-names.ts";

const request = { host: "*", home: "", homeOnly: false } as const;
const offer = (hostname: string, ip: string): Offer => ({
  id: { value: "o" },
  agent_id: { value: "a" },
  framework_id: { value: "f" },
  hostname,
  url: { scheme: "http", path: "/", address: { hostname, ip, port: 5051 } },
});
const listed = [
  { agent_info: { hostname: "node-1.example" }, pid: "slave(1)@10.0.0.1:5051" },
  { agent_info: { hostname: "node-2.example" }, pid: "" },
];

const recovered_agents = [{ hostname: "node-4.example" }];

async function known(answer: "list" | "refused" | "nonsense"): Promise<AgentNames> {
  const ask = async () =>
    answer === "refused"
      ? ({ kind: "failed", reason: "403" } as const)
      : ({
          kind: "answered",
          body: answer === "list" ? { get_agents: { agents: listed, recovered_agents } } : [],
        } as const);
  const names = new AgentNames({ clock: new ManualClock(), logger: silentLogger, ask });
  names.offered([offer("Node-3.example", "10.0.0.3")]);
  return names;
}

test.each([
  ["any", "*", ""],
  ["one that has offered, by name in any case", "node-3.EXAMPLE", ""],
  ["one that has offered, by address", "10.0.0.3", ""],
  ["one that is listed, by name", "NODE-1.example", "has an agent NODE-1.example, which has offered nothing"],
  ["one that is listed, by address", "10.0.0.1", "has an agent 10.0.0.1, which has offered nothing"],
  ["one that the master waits for", "Node-4.example", "waits for its agent Node-4.example"],
  [
    "one that is nowhere",
    "10.0.0.9",
    "has no agent of that name or address; there are node-1.example, node-2.example.",
  ],
])("%s", async (_title, host, words) => {
  const names = await known("list");
  await names.look([{ ...request, host: "other" }]);
  if (words === "") expect(names.problem({ ...request, host })).toBe("");
  else expect(names.problem({ ...request, host })).toContain(words);
  // What holds its data, or runs it, was seen already.
  expect(names.problem({ ...request, host, home: "x", homeOnly: true })).toBe("");
});

test.each(["refused", "nonsense"] as const)(
  "a master whose answer is %s: what has offered is named",
  async (answer) => {
    const names = await known(answer);
    await names.look([{ ...request, host: "other" }]);
    expect(names.problem({ ...request, host: "other" })).toContain(
      "offered anything to this scheduler yet; there is Node-3.example.",
    );
  },
);

test("whether there is another agent: the master's list says it while it is new, and without one there may be", async () => {
  const clock = new ManualClock();
  let agents = [{ agent_info: { hostname: "Node-1.example" } }];
  const away: { hostname: string }[] = [];
  const ask = async () => ({ kind: "answered", body: { get_agents: { agents, recovered_agents: away } } }) as const;
  const names = new AgentNames({ clock, logger: silentLogger, ask });
  expect(names.hasOther("node-1.example")).toBe(true);
  await names.refresh();
  expect([names.hasOther("node-1.example"), names.hasOther("node-2.example")]).toEqual([false, true]);
  await clock.advance(601_000);
  expect(names.hasOther("node-1.example")).toBe(true);
  away.push({ hostname: "node-3.example" });
  await names.refresh();
  expect(names.hasOther("node-1.example")).toBe(true);
  away.pop();
  agents = [...agents, { agent_info: { hostname: "node-2.example" } }];
  await names.refresh();
  expect(names.hasOther("node-1.example")).toBe(true);
});
