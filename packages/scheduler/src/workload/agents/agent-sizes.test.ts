import { describe, expect, test } from "vitest";
import { type AgentSize, type LargestAgents, oversize, withAgent } from "./agent-sizes.ts";

const agent = (hostname: string, cpus: number, mem: number, disk = 0): AgentSize => ({ hostname, cpus, mem, disk });
const seen = (...agents: readonly AgentSize[]) => agents.reduce<LargestAgents>(withAgent, []);
const names = (largest: LargestAgents) => largest.map(({ hostname }) => hostname);

describe("only agents that no other exceeds in everything are kept", () => {
  test.each([
    ["the first", [agent("a", 2, 100)], ["a"]],
    ["one that is smaller in everything", [agent("a", 2, 100), agent("b", 1, 50)], ["a"]],
    ["the same size again", [agent("a", 2, 100), agent("b", 2, 100)], ["a"]],
    ["one that is larger in everything", [agent("a", 2, 100), agent("b", 3, 100)], ["b"]],
    ["each is larger in something", [agent("a", 2, 100), agent("b", 1, 200), agent("c", 1, 50, 10)], ["a", "b", "c"]],
    ["one that exceeds several", [agent("a", 2, 100), agent("b", 1, 200), agent("c", 2, 200)], ["c"]],
  ])("%s", (_words, agents, expected) => {
    expect(names(seen(...agents))).toEqual(expected);
  });

  test("what is no news changes nothing", () => {
    const largest = seen(agent("a", 2, 100));
    expect(withAgent(largest, agent("b", 2, 99.5))).toBe(largest);
  });
});

describe("a need that is larger than any agent", () => {
  const wide = agent("wide", 32, 1_024, 500);
  const tall = agent("tall", 4, 65_536);
  test.each([
    ["nothing was seen yet", [], { cpus: 1_000, mem: 1, disk: 0 }, ""],
    ["it fits one", [wide, tall], { cpus: 32, mem: 1_024, disk: 0 }, ""],
    ["sums of fractions", [agent("a", 0.3, 10)], { cpus: 0.1 + 0.2, mem: 10, disk: 0 }, ""],
    [
      "more than all have",
      [tall],
      { cpus: 5, mem: 1, disk: 0 },
      "no agent of that size has ever been seen: the largest is tall with cpus 4, mem 65536 MiB",
    ],
    [
      "no agent has both at once",
      [tall, wide],
      { cpus: 8, mem: 2_048, disk: 0 },
      "no agent of that size has ever been seen: the largest are wide with cpus 32, mem 1024 MiB; tall with cpus 4, mem 65536 MiB",
    ],
    [
      "disk is told where it is asked for",
      [wide],
      { cpus: 1, mem: 1, disk: 600 },
      "no agent of that size has ever been seen: the largest is wide with cpus 32, mem 1024 MiB, disk 500 MiB",
    ],
    [
      "of many a few are named",
      [1, 2, 3, 4, 5].map((n) => agent(`a${n}`, n, 600 - n * 100)),
      { cpus: 9, mem: 1, disk: 0 },
      "no agent of that size has ever been seen: the largest are a5 with cpus 5, mem 100 MiB; a4 with cpus 4, mem 200 MiB; a3 with cpus 3, mem 300 MiB; and 2 more",
    ],
  ])("%s", (_words, agents, request, expected) => {
    expect(oversize(seen(...agents), request)).toBe(expected);
  });
});
