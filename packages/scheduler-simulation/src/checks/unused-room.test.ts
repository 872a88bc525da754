import { expect, test } from "vitest";
import { lacksRoom, UnusedRoom, unusedMs, unusedNow, type WaitingNode } from "./unused-room.ts";

const requests = { cpus: 2, mem: 1_000, disk: 0, ports: [], host: "*", attributes: [], roles: [], reservation: false };
const of = (host: string) => ({ host, role: "cke", words: "", time: "" });
const refusal = (kind: string, ...hosts: readonly string[]) => ({ kind, hosts: hosts.length, examples: hosts.map(of) });
const waiting: WaitingNode = {
  node: "n",
  process: "",
  step: "launch-unit",
  requests,
  refusals: [refusal("cpus", "a")],
};

test.each<[string, Partial<WaitingNode>, boolean]>([
  ["cpus are missing", {}, true],
  ["memory is, on one of the hosts", { refusals: [refusal("role", "a"), refusal("mem", "b")] }, true],
  ["all agents were refused for other reasons", { refusals: [refusal("agent-maintenance", "a")] }, false],
  ["nothing was offered yet", { refusals: [] }, false],
  ["it must be on a host", { requests: { ...requests, host: "h0" } }, false],
  ["a process of a node that runs", { process: "etcd", step: "relaunch-process" }, false],
  ["it waits for something else", { step: "wait", requests: null }, false],
])("%s", (_title, more, expected) => {
  expect(lacksRoom({ ...waiting, ...more })).toBe(expected);
});

const room = [
  { hostname: "a", cpus: 1, mem: 9_000, disk: 0 },
  { hostname: "b", cpus: 2, mem: 1_000, disk: 0 },
];

test.each<[string, readonly Partial<WaitingNode>[], readonly string[]]>([
  ["an agent of which nothing is said has enough", [{}], ["c/n on b"]],
  [
    "it was refused for amounts, and has them",
    [{ refusals: [refusal("cpus", "a"), refusal("mem", "b")] }],
    ["c/n on b"],
  ],
  ["it is kept for another one", [{ refusals: [refusal("cpus", "a"), refusal("kept", "b")] }], []],
  ["no agent has enough", [{ requests: { ...requests, cpus: 3 } }], []],
  ["the node does not lack room", [{ refusals: [] }], []],
  ["masters come first", [{}, { node: "m", refusals: [refusal("masters")] }], []],
])("%s", (_title, nodes, expected) => {
  const pending = nodes.map((more) => ({ ...waiting, ...more }));
  expect(unusedNow([{ name: "c", pending }], room)).toEqual(expected);
});

test("room is found that was unused all the time", () => {
  const unused = new UnusedRoom();
  const clusters = [{ name: "c", pending: [waiting] }];
  expect(unused.look(clusters, room, 0)).toEqual([]);
  expect(unused.look(clusters, room, unusedMs - 1)).toEqual([]);
  expect(unused.look(clusters, room, unusedMs)).toEqual(["c/n on b"]);
  expect(unused.look([], room, unusedMs + 1)).toEqual([]);
  expect(unused.look(clusters, room, unusedMs + 2)).toEqual([]);
});
