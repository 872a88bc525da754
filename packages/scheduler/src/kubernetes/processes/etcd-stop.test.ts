import { expect, test } from "vitest";
import { type EtcdMaster, quorumProblem, stoppedQuorum } from "./etcd-stop.ts";

/** "r": runs, "x": is to run and does not, "s": is stopped. The first is asked for. */
const mastersOf = (states: string): readonly EtcdMaster[] =>
  [...states].map((state, index) => ({ node: `m${index}`, wanted: state !== "s", healthy: state === "r" }));

test.each([
  ["r", true],
  ["x", true],
  ["s", false],
  ["rrr", false],
  ["rrs", true],
  ["rrx", true],
  ["xrr", false],
  ["xrs", true],
  ["rxx", false],
  ["rss", true],
  ["srr", false],
  ["rrrrr", false],
  ["rrrrs", false],
  ["rrrss", true],
  ["rrrxs", true],
  ["rrrxx", true],
])("masters %s: refused %s", (states, refused) => {
  expect(quorumProblem("m0", mastersOf(states)) !== undefined).toBe(refused);
});

test("a node that is no member of etcd yet", () => {
  expect(quorumProblem("m9", mastersOf("r"))).toBeUndefined();
});

test("the words name who is left and what helps", () => {
  expect(quorumProblem("m0", mastersOf("rrs"))).toBe(
    'without the etcd of "m0" the cluster has no quorum, and its API server answers nothing (3 masters, of which 2 are needed; healthy beside it: m1). Start or mend the others first, or stop it all the same with ?force=true',
  );
  expect(quorumProblem("m0", mastersOf("r"))).toContain("(the only master; healthy beside it: none)");
});

test.each([
  ["", ""],
  ["r", ""],
  ["xxx", ""],
  ["rrs", ""],
  ["s", "no quorum: etcd of m0 is stopped on request (expect: STOP)"],
  ["rs", "no quorum: etcd of m1 is stopped on request (expect: STOP)"],
  ["rss", "no quorum: etcd of m1 and m2 is stopped on request (expect: STOP)"],
  ["rrrss", ""],
])("masters %s: %j", (states, words) => expect(stoppedQuorum(mastersOf(states))).toBe(words));
