import { expect, test } from "vitest";
import { bgpReport, countFlaps, mostShown } from "./bgp-report.ts";

const session = (name: string, established = true, since = "2026-12-01 01:00:00") => ({
  ...{ name, neighbour: "10.0.0.1", established, since, info: established ? "Established" : "Active" },
  ...{ imported: established ? 2 : 0, filtered: 0, exported: 1 },
});

test("sessions are counted, and the worst are shown first", () => {
  const report = bgpReport([session("node.a"), session("router.b"), session("node.c", false)], 4);
  expect(report).toMatchObject({ problem: "", sessions: 3, established: 2, imported: 4, flaps: 4 });
  expect(report.shown.map(({ name }) => name)).toEqual(["node.c", "router.b", "node.a"]);
});

test("a node with very many sessions shows a bounded number, with bounded words", () => {
  const many = Array.from({ length: 500 }, (_, at) => ({ ...session(`node.n${at}`, at > 2), info: "e".repeat(200) }));
  const { shown, sessions } = bgpReport(many, 0);
  expect([shown.length, sessions]).toEqual([mostShown, 500]);
  expect(shown.every(({ info }) => info.length <= 103)).toBe(true);
});

test.each([
  ["nothing has changed", [session("a")], [session("a")], 0],
  ["one is down", [session("a"), session("b")], [session("a", false), session("b")], 1],
  ["one was down and is back", [session("a")], [session("a", true, "2026-12-01 01:00:09")], 1],
  ["one comes up", [session("a", false)], [session("a", true, "2026-12-01 01:00:09")], 0],
  ["one is gone from the configuration", [session("a")], [], 0],
])("flaps: %s", (_what, before, now, flaps) => {
  expect(countFlaps(before, now)).toBe(flaps);
});
