import { expect, test } from "vitest";
import { besidePlaced, neighbourProblem } from "./neighbours.ts";
import type { Neighbour, Placement, PlacementRequest } from "./placement-request.ts";

const request = (by: string, neighbours: readonly Neighbour[], homeOnly = false): PlacementRequest => ({
  ...{ id: "w/u", workload: "w", host: "*", attributes: [], parts: [], roles: [], home: "", homeOnly, cleanup: false },
  spread: false,
  apart: { group: "vm g", by, neighbours },
});
const agent = (hostname: string, rack?: string) => ({
  hostname,
  attributes: rack === undefined ? [] : [{ name: "rack", type: "TEXT" as const, text: { value: rack } }],
});
const other = { unit: "x/u", hostname: "A", value: "1" };

test.each<[string, PlacementRequest, ReturnType<typeof agent>, string | undefined]>([
  ["nobody is there", request("host", []), agent("a"), undefined],
  ["on one host, in any case of its name", request("host", [other]), agent("a"), 'has x/u, of the same group "vm g"'],
  ["on another host of one rack", request("host", [other]), agent("b", "1"), undefined],
  ["in one rack", request("rack", [other]), agent("b", "1"), 'has rack=1, like x/u of the same group "vm g"'],
  ["in another rack", request("rack", [other]), agent("b", "2"), undefined],
  [
    "on one host, whose rack is not known",
    request("rack", [{ ...other, value: "" }]),
    agent("a", "2"),
    'has x/u, of the same group "vm g"',
  ],
  [
    "on an agent without the attribute",
    request("rack", []),
    agent("b"),
    'has no attribute rack, by which group "vm g" is spread',
  ],
  ["where its data is", request("host", [other], true), agent("a"), undefined],
])("%s", (_what, asked, offered, words) => {
  expect(neighbourProblem(asked, offered)?.words).toBe(words);
});

test("what was placed in the same match counts, of the same group only", () => {
  const placed = (group: string): Placement => {
    const asked = { ...request("rack", []), id: "y/u", apart: { group, by: "rack", neighbours: [] } };
    return {
      request: asked,
      agentId: "S",
      hostname: "b",
      role: "*",
      offerIds: [],
      resources: [],
      reserve: [],
      own: [],
      apartAt: "7",
    };
  };
  const asked = request("rack", [other]);
  expect(besidePlaced(asked, [placed("vm other")])).toBe(asked);
  expect(besidePlaced(asked, [placed("vm g")]).apart?.neighbours).toEqual([
    other,
    { unit: "y/u", hostname: "b", value: "7" },
  ]);
});
