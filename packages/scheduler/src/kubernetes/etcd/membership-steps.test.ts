import { describe, expect, test } from "vitest";
import type { EtcdAnswer, EtcdMaster, EtcdMember, Membership } from "./membership.ts";
import { type JoinStep, joinStep, leaveStep, leavingOrder, leavingProblem } from "./membership-steps.ts";

const master = (node: string): EtcdMaster => ({ node, member: `my-${node}`, peerUrl: `https://${node}:2380` });
const masters = (text: string) => text.split(" ").map(master);

/**
 * A membership in short: `m1` a voter that answers, `m2!` one that does not, `m3?` a learner that has not started,
 * `m3~40` a learner with 40 of 100 entries, `m4*` a learner that started once and does not answer.
 */
function membership(text: string, leader = "1"): Membership {
  const answers = new Map<string, EtcdAnswer>();
  const members = text.split(" ").map((word, place): EtcdMember => {
    const [, node = "", mark = "", entries = "100"] = /^(\w+)(?:([!?*~])(\d*))?$/.exec(word) ?? [];
    const id = String(place + 1);
    const learner = mark !== "" && mark !== "!";
    const applied = mark === "~" ? Number(entries) : 100;
    const silent = mark === "!" || mark === "?" || mark === "*";
    answers.set(
      node,
      silent
        ? { problem: "connection refused" }
        : {
            status: {
              memberId: id,
              version: "3.6.16",
              leader,
              raftIndex: applied,
              appliedIndex: applied,
              learner,
              errors: [],
            },
          },
    );
    return { id, name: mark === "?" ? "" : `my-${node}`, peerUrls: [`https://${node}:2380`], learner };
  });
  return { members, answers };
}

const short = (step: JoinStep) =>
  "reason" in step ? `${step.kind}: ${step.reason}` : "id" in step ? `${step.kind} ${step.id}` : step.kind;

describe("a master joins", () => {
  test.each<readonly [string, string, string, string | RegExp]>([
    ["is added", "m1", "m1 m2", "add"],
    ["is added as the third", "m1 m3", "m1 m3 m2", "add"],
    ["waits for its node", "m1 m2?", "m1 m2", "start: its etcd has not answered yet: connection refused"],
    ["that a dead scheduler added is taken on", "m1 m2?", "m1 m2", /^start/],
    ["is behind", "m1 m2~40", "m1 m2", "wait: its etcd catches up: entry 40 of 100"],
    ["has caught up", "m1 m2~95", "m1 m2", "promote 2"],
    ["has its vote", "m1 m2", "m1 m2", "done"],
    [
      "has its vote and fell silent",
      "m1 m3 m2!",
      "m1 m3 m2",
      /^wait: etcd has given it a vote, and it does not answer/,
    ],
    [
      "waits for the one before it",
      "m1 m3?",
      "m1 m3 m2",
      "wait: etcd takes one new member at a time, and m3 has no vote yet",
    ],
    [
      "removes what nobody wants",
      "m1 old?",
      "m1 m2",
      "remove: https://old:2380 belongs to no master and never started",
    ],
    ["does not remove what has started", "m1 old*", "m1 m2", /^wait: etcd takes one new member at a time, and my-old/],
    [
      "waits while another is away",
      "m1 m3 m4!",
      "m1 m3 m4 m2",
      "wait: etcd takes no new member while m4 does not answer: bring it back or replace it",
    ],
    [
      "waits without a majority",
      "m1 m3! m4!",
      "m1 m3 m4 m2",
      "wait: etcd has no majority: 1 of 3 members answer and 2 are needed; bring m3 and m4 back",
    ],
    ["waits to be promoted without a majority", "m1! m3 m2~99", "m1 m3 m2", /^wait: etcd has no majority/],
  ])("and %s: %s", (_title, state, wanted, expected) => {
    const step = short(joinStep(membership(state), masters(wanted), master("m2")));
    if (typeof expected === "string") expect(step).toBe(expected);
    else expect(step).toMatch(expected);
  });

  test.each<readonly [string, string, string, string]>([
    ["removes a learner that never started and was given up", "m1 m3?", "m3", "remove: the join of m3 was given up"],
    ["removes a learner that runs and was given up", "m1 m3~40", "m3", "remove: the join of m3 was given up"],
    ["leaves a voter as it is", "m1 m3", "m3", "add"],
    ["is no other's learner", "m1 m2?", "m3", "start: its etcd has not answered yet: connection refused"],
  ])("and %s", (_title, state, givenUp, expected) => {
    expect(short(joinStep(membership(state), masters("m1 m3 m2"), master("m2"), new Set([givenUp])))).toBe(expected);
  });

  test("and no one follows a leader", () => {
    expect(short(joinStep(membership("m1 m3", "0"), masters("m1 m2 m3"), master("m2")))).toBe(
      "wait: etcd has no leader now: its members elect one",
    );
  });
});

describe("a master leaves", () => {
  test.each<readonly [string, string, string]>([
    ["m1 m2 m3", "m2", ""],
    ["m1 m2! m3", "m2", ""],
    ["m1 m2", "m2", ""],
    ["m1 m2?", "m2", ""],
    ["m1 m2~10", "m2", ""],
    ["m2", "m2", "it is the last member of etcd: the data of the cluster would go with it"],
    ["m1? m2", "m2", "it is the last member of etcd: the data of the cluster would go with it"],
    ["m1 m2!", "m2", "etcd has no majority: 1 of 2 members answer and 2 are needed; bring m2 back"],
    [
      "m1! m2 m3",
      "m2",
      "without it 2 of 2 etcd members are needed and 1 answer: m1 must be back, be replaced, or go first",
    ],
    ["m1! m2! m3", "m2", "etcd has no majority: 1 of 3 members answer and 2 are needed; bring m1 and m2 back"],
    ["m1! m2 m3 m4 m5", "m2", ""],
    [
      "m1! m2 m3! m4 m5",
      "m2",
      "without it 3 of 4 etcd members are needed and 2 answer: m1 and m3 must be back, be replaced, or go first",
    ],
    ["m1! m2! m3 m4 m5", "m2", ""],
  ])("of %s: %s", (state, leaving, reason) => {
    const { peerUrl } = master(leaving);
    const step = leaveStep(membership(state), masters("m1 m2 m3 m4 m5"), ({ peerUrls }) => peerUrls.includes(peerUrl));
    if (reason === "") expect(step.kind).toBe("remove");
    else expect(step).toEqual({ kind: "wait", reason });
  });

  test("hands its lead over first, to the one that is nearest to it", () => {
    const of = (text: string, node: string) =>
      leaveStep(membership(text), masters("m1 m2 m3"), ({ name }) => name === `my-${node}`);
    expect(of("m1 m2 m3", "m1")).toEqual({ kind: "hand-over", id: "1", target: "2" });
    expect(of("m1 m2 m3~50", "m1")).toEqual({ kind: "hand-over", id: "1", target: "2" });
    expect(of("m1! m2 m3", "m1")).toEqual({ kind: "remove", id: "1" });
    const state = membership("m1 m2 m3");
    const [behind] = [...state.answers.values()].slice(1);
    if (behind !== undefined && "status" in behind)
      Object.assign(behind, { status: { ...behind.status, raftIndex: 99 } });
    expect(leaveStep(state, masters("m1 m2 m3"), ({ id }) => id === "1")).toMatchObject({ target: "3" });
    const later = new Set(["m3"]);
    expect(leaveStep(state, masters("m1 m2 m3"), ({ id }) => id === "1", later)).toMatchObject({ target: "2" });
  });

  test("that etcd does not have any more is done", () => {
    expect(leaveStep(membership("m1 m2"), [], ({ id }) => id === "7")).toEqual({ kind: "done" });
  });

  test("several leave, the silent one first", () => {
    const state = membership("m1 m2 m3!");
    const order = leavingOrder(state, masters("m2 m3")).map(({ node }) => node);
    expect(order).toEqual(["m3", "m2"]);
    expect(leavingProblem(state, masters("m1 m2 m3"), masters("m2 m3"))).toBe("");
    expect(leavingProblem(state, masters("m1 m2 m3"), masters("m1 m2"))).toMatch(/^m1: without it 2 of 2/);
    expect(leavingProblem(state, masters("m1 m2 m3"), masters("m1 m2 m3"))).toMatch(/^m2: it is the last member/);
  });
});

describe("a list of members that etcd does not confirm", () => {
  const doubtful = (text: string, leader = "1") => ({ ...membership(text, leader), unconfirmed: "m1: timed out" });
  const words = "etcd does not confirm now who its members are: m1: timed out";

  test.each<readonly [string, string]>([
    ["m1", "m1 m2"],
    ["m1 m2~95", "m1 m2"],
    ["m1 m2", "m1 m2"],
  ])("lets no master join: %s", (members, wanted) => {
    const joining = masters(wanted).at(-1) ?? master("m2");
    expect(short(joinStep(doubtful(members), masters(wanted), joining))).toBe(`wait: ${words}`);
  });

  test("lets none leave, also one that it does not name", () => {
    const all = masters("m1 m2 m3");
    const leaves = (node: string) => leaveStep(doubtful("m1 m2 m3"), all, ({ name }) => name === `my-${node}`);
    expect(["m2", "m4"].map(leaves)).toEqual([
      { kind: "wait", reason: words },
      { kind: "wait", reason: words },
    ]);
    expect(leavingProblem(doubtful("m1 m2 m3"), all, [master("m4")])).toBe(words);
  });

  test("tells first what an operator can do", () => {
    const all = masters("m1 m2 m3");
    expect(leavingProblem(doubtful("m1 m2! m3!"), all, [master("m2")])).toMatch(
      /etcd has no majority: .* bring m2 and m3/,
    );
  });
});
