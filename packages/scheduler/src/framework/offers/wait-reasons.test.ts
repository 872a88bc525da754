import { expect, test } from "vitest";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { WaitReasons } from "./wait-reasons.ts";

const request: PlacementRequest = {
  id: "c/n",
  workload: "c",
  host: "*",
  attributes: [],
  roles: [],
  parts: [{ cpus: 1, mem: 64, ports: [] }],
  home: "",
  homeOnly: false,
  cleanup: false,
  spread: false,
};
const wanted = "waits for an offer with cpus 1, mem 64 MiB";

test.each([
  [100, `${wanted}; no offer yet`],
  [12_500, `${wanted}; no offer yet, for 12 s`],
  [119_000, `${wanted}; no offer yet, for 119 s`],
  [120_000, `${wanted}; no offer came in the last 120 s`],
])("after %i ms without an offer", (waited, words) => {
  const waits = new WaitReasons();
  waits.keep([request], 1_000);
  waits.keep([request], 2_000);
  expect(waits.describe("c/n", true, 1_000 + waited)).toBe(words);
});

test("refusals are told while they are fresh, and not of another need", () => {
  const waits = new WaitReasons();
  waits.keep([request], 0);
  const from = { agentId: "S-a", hostname: "a", role: "cke" };
  waits.note("c/n", [{ ...from, kind: "host", words: "is not host b" }], 0);
  waits.note("c/n", [{ ...from, kind: "cpus", words: "has cpus 0 of 1" }], 0);
  expect(waits.waiting("c/n", 60_000)?.refusals.examples).toEqual([
    { hostname: "a", role: "cke", reasons: [{ kind: "cpus", words: "has cpus 0 of 1" }], atMs: 0 },
  ]);
  expect(waits.describe("c/n", true, 60_000)).toBe(`${wanted}; 1 host was not enough: a has cpus 0 of 1`);
  expect(waits.describe("c/n", false, 60_000)).toContain("not connected to the Mesos master");
  expect(waits.describe("c/n", true, 130_000)).toContain("no offer came in the last 120 s");
  waits.keep([{ ...request, cleanup: true, home: "b", homeOnly: true, alsoAt: ["c"] }], 60_000);
  expect(waits.describe("c/n", true, 60_000)).toBe(`${wanted} on host b or c; no offer yet`);
  waits.keep([], 70_000);
  expect(waits.describe("c/n", true, 70_000)).toBe("");
});

test("of many hosts it is told how many lacked what, with examples", () => {
  const waits = new WaitReasons();
  waits.keep([request], 0);
  const refusals = Array.from({ length: 30 }, (_, index) => ({
    agentId: `S-${index}`,
    hostname: `h${index}`,
    role: "cke",
    kind: index < 25 ? ("cpus" as const) : ("host" as const),
    words: index < 25 ? `has cpus 0.${index} of 1` : "is not host a",
  }));
  waits.note("c/n", refusals, 1_000);
  expect(waits.describe("c/n", true, 2_000)).toBe(
    `${wanted}; 30 hosts were not enough: host: 5 (h25 is not host a), cpus: 25 (h1 has cpus 0.1 of 1; h2 has cpus 0.2 of 1)`,
  );
});

test("refusals of what does not wait are not kept", () => {
  const waits = new WaitReasons();
  waits.keep([request], 0);
  waits.note("c/other", [{ agentId: "S", hostname: "a", role: "cke", kind: "cpus", words: "w" }], 0);
  expect(waits.waiting("c/other", 0)).toBeUndefined();
  waits.keep([{ ...request, id: "c/other" }], 0);
  expect(waits.waiting("c/other", 0)?.refusals.agents).toBe(0);
});
