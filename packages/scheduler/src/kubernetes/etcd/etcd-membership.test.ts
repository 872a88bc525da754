// Whom a scheduler asks for etcd's members, by their versions, and what it makes of the answers.
import { expect, test } from "vitest";
import type { EtcdTransport } from "./etcd-gateway.ts";
import { EtcdMembership } from "./etcd-membership.ts";
import { knowsLinearizableList } from "./membership.ts";

interface Member {
  readonly version: string;
  readonly leader?: string;
  readonly learner?: boolean;
  /** It fails to confirm the list. */
  readonly fails?: boolean;
}

/** Members in order; ids are 1, 2, …. Each lists itself, so that the list tells who gave it. */
function etcdOf(members: Readonly<Record<string, Member>>): {
  readonly transport: EtcdTransport;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const names = Object.keys(members);
  const post: EtcdTransport["post"] = async (node, path, body) => {
    const { version, leader = "1", learner = false, fails = false } = members[node] ?? { version: "" };
    const id = String(names.indexOf(node) + 1);
    if (path === "/v3/maintenance/status") {
      const status = { header: { member_id: id }, version, leader, raftIndex: "9", isLearner: learner };
      return { status: 200, body: JSON.stringify(status) };
    }
    asked.push(`${node} ${body}`);
    if (fails && body !== "{}")
      return { status: 503, body: JSON.stringify({ message: "etcdserver: request timed out" }) };
    return { status: 200, body: JSON.stringify({ members: [{ ID: id, name: node }] }) };
  };
  return { transport: { post }, asked };
}

test.each<readonly [string, Readonly<Record<string, Member>>, readonly string[], string, string | undefined]>([
  [
    "of 3.5 and later: as the majority has it",
    { a: { version: "3.6.16" } },
    ['a {"linearizable":true}'],
    "a",
    undefined,
  ],
  [
    "before 3.5: the leader's",
    { b: { version: "3.4.23", leader: "2" }, a: { version: "3.4.23", leader: "2" } },
    ["a {}"],
    "a",
    undefined,
  ],
  [
    "of both: one that confirms it",
    { a: { version: "3.4.23" }, b: { version: "3.5.9" } },
    ['b {"linearizable":true}'],
    "b",
    undefined,
  ],
  [
    "another one is asked when the first does not confirm it",
    { a: { version: "3.6.16", fails: true }, b: { version: "3.6.16" } },
    ['a {"linearizable":true}', 'b {"linearizable":true}'],
    "b",
    undefined,
  ],
  [
    "nobody confirms it: for words only",
    { a: { version: "3.6.16", fails: true } },
    ['a {"linearizable":true}', "a {}"],
    "a",
    "a (3.6.16): etcdserver: request timed out",
  ],
  [
    "without a leader nobody is asked to confirm it",
    { a: { version: "3.6.16", leader: "0" } },
    ["a {}"],
    "a",
    "none of its members follows a leader",
  ],
  [
    "a learner is not asked to confirm it",
    { a: { version: "3.6.16", learner: true, leader: "2" }, b: { version: "3.6.16", leader: "2" } },
    ['b {"linearizable":true}'],
    "b",
    undefined,
  ],
])("the members %s", async (_title, members, asked, from, unconfirmed) => {
  const etcd = etcdOf(members);
  const masters = Object.keys(members).map((node) => ({ node, member: node, peerUrl: `https://${node}:2380` }));
  const membership = await new EtcdMembership(etcd.transport).observe(masters);
  expect(etcd.asked).toEqual(asked);
  expect([membership.members.map(({ name }) => name), membership.unconfirmed]).toEqual([[from], unconfirmed]);
});

test.each([
  ["3.4.34", false],
  ["3.5.0", true],
  ["3.6.16", true],
  ["4.0.0", true],
  ["2.3.8", false],
  ["", false],
])("version %s confirms its list: %s", (version, knows) => {
  expect(knowsLinearizableList({ version })).toBe(knows);
});
