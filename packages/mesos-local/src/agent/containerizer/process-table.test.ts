import { expect, test } from "vitest";
import { containerMembers, parseProcessStat } from "./process-table.ts";

test("a stat line with spaces and parentheses in the command is parsed", () => {
  const text = `42 (a) b (c) S 1 40 41 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 12345 0 0`;
  expect(parseProcessStat(text)).toEqual({
    pid: 42,
    parent: 1,
    group: 40,
    session: 41,
    startTime: 12345,
    zombie: false,
  });
});

test("a container holds descendants and daemons of its sessions, and nobody else", () => {
  const row = (pid: number, parent: number, session: number, startTime = 10) => ({
    pid,
    parent,
    group: session,
    session,
    startTime,
    zombie: false,
  });
  const rows = [row(100, 1, 100), row(101, 100, 100), row(102, 101, 102), row(103, 1, 102), row(200, 1, 200)];
  const leader = { pid: 100, startTime: 10, bootId: "b" };
  expect(containerMembers(rows, leader)).toEqual([100, 101, 102, 103]);
  expect(containerMembers(rows.slice(1), leader)).toEqual([101, 102, 103]);
  expect(containerMembers([row(100, 1, 100, 99), row(101, 100, 100, 99)], leader)).toEqual([]);
});
