import { expect, test } from "vitest";
import { bgpReport, changeOf, countFlaps, mostShown } from "./bgp-report.ts";

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

test("sessions with routers are shown where very many with nodes are down", () => {
  const down = Array.from({ length: 100 }, (_, at) => session(`node.n${at}`, false));
  const routers = [session("router.a"), session("router.b", false)];
  const { shown } = bgpReport([...down, ...routers], 0);
  expect(shown.length).toBe(mostShown);
  expect(shown.filter(({ name }) => name.startsWith("router.")).map(({ established }) => established)).toEqual([
    false,
    true,
  ]);
  expect(shown.at(-1)?.name).toBe("router.a");
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

const down = (info: string, since = "2026-12-01 01:00:00") => ({ ...session("router.r", false, since), info });
test.each([
  ["nothing", [session("a")], [session("a")], 0, "none"],
  ["BIRD tries again", [down("Active Socket: Refused")], [down("Connect Socket: Refused")], 0, "none"],
  ["it begins anew with a session that is down", [down("Idle")], [down("Active", "2026-12-01 01:00:05")], 0, "details"],
  ["another error", [down("Active Socket: Refused")], [down("Active Socket: No route to host")], 0, "details"],
  ["more routes", [session("a")], [{ ...session("a"), imported: 3 }], 0, "details"],
  ["words of a session that is up", [session("a")], [{ ...session("a"), info: "Established, more" }], 0, "details"],
  ["a session ends", [session("a")], [session("a", false)], 1, "state"],
  ["a session ends and is back", [session("a")], [session("a", true, "2026-12-01 01:00:09")], 0, "state"],
  ["a flap of one that is not shown", [session("a")], [session("a")], 1, "state"],
  ["a session comes", [session("a")], [session("a"), session("b")], 0, "state"],
] as const)("how much two reports differ: %s", (_what, before, now, flaps, change) => {
  expect(changeOf(bgpReport(before, 0), bgpReport(now, flaps))).toBe(change);
});

test("a daemon that does not run is told at once", () => {
  const report = bgpReport([session("a")], 0);
  expect(changeOf(report, { ...report, problem: "its BIRD does not run" })).toBe("state");
});
