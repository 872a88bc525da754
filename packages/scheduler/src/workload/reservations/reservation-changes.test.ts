import { type OperationState, operationStates, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { newTaskRecord, newUnitRecord, unitRecordSchema } from "../records/records.ts";
import type { ReservationRecord, ReservationState } from "../records/reservation-record.ts";
import {
  afterOperation,
  amountsOf,
  fateOf,
  isUsed,
  type OwnerFacts,
  releaseAll,
  releaseBegun,
  reservationsAfter,
  type Taking,
} from "./reservation-changes.ts";

const resources = (cpus: number, mem: number) => [
  Resources.scalar("cpus", cpus),
  Resources.scalar("mem", mem),
  Resources.ranges("ports", [{ begin: 31_000, end: 31_001 }]),
];
const entry = (state: ReservationState, more: Partial<ReservationRecord> = {}): ReservationRecord => ({
  agentId: "S-a",
  hostname: "a",
  role: "cke",
  state,
  amounts: { cpus: 2, mem: 500, ports: [] },
  operationId: "op",
  releasing: { cpus: 0, mem: 0, ports: [] },
  reserving: { cpus: 0, mem: 0, ports: [] },
  problem: "",
  changedAtMs: 1,
  ...more,
});
const taking = (more: Partial<Taking> = {}): Taking => ({
  agentId: "S-a",
  hostname: "a",
  role: "cke",
  whole: true,
  resources: resources(2, 500),
  own: [],
  reserve: resources(2, 500),
  operationId: "op2",
  ...more,
});

test("B20: a record without reservations is of an earlier version and loads", () => {
  const { reservations: _, ...old } = newUnitRecord("c", "n", "i");
  expect(unitRecordSchema.parse(old)).toEqual(newUnitRecord("c", "n", "i"));
});

test("B20: an intent is stored with what it reserves, under its operation", () => {
  expect(reservationsAfter([], taking(), 7)).toEqual([
    entry("intended", {
      amounts: { cpus: 2, mem: 500, ports: [31_000, 31_001] },
      operationId: "op2",
      reserving: { cpus: 2, mem: 500, ports: [31_000, 31_001] },
      changedAtMs: 7,
    }),
  ]);
});

test("B20: a launch on what is reserved already changes nothing of it; on more it grows", () => {
  const before = [entry("reserved", { operationId: "" })];
  expect(reservationsAfter(before, taking({ reserve: [] }), 7)).toMatchObject([{ state: "reserved", operationId: "" }]);
  const process = { whole: false, resources: resources(0.5, 50), reserve: [] };
  expect(reservationsAfter(before, taking(process), 7)).toBe(before);
  expect(reservationsAfter(before, taking({ ...process, reserve: [Resources.scalar("cpus", 0.5)] }), 7)).toMatchObject([
    { state: "reserved", amounts: { cpus: 2.5, mem: 500 }, operationId: "op2" },
  ]);
});

test("B20: what of a reservation is still held when its node is launched again, beside what is offered, is not forgotten", () => {
  const before = [entry("reserved", { operationId: "" })];
  // 0.1 of 2 is not offered: a task that ends late has it, so that as much is reserved anew.
  const again = {
    own: [Resources.scalar("cpus", 1.9), Resources.scalar("mem", 500)],
    reserve: [Resources.scalar("cpus", 0.1)],
  };
  const [after] = reservationsAfter(before, taking(again), 7);
  expect(after).toMatchObject({ state: "reserved", amounts: { cpus: 2.1, mem: 500 }, reserving: { cpus: 0.1 } });
  if (after === undefined) throw new Error("there is a record");
  expect(afterOperation(after, "OPERATION_ERROR", "no", false, 8)?.amounts).toMatchObject({ cpus: 2, mem: 500 });
  expect(afterOperation(after, "OPERATION_UNKNOWN", "", false, 8)?.amounts).toMatchObject({ cpus: 2, mem: 500 });
  const begun = releaseBegun({ ...after, state: "unreserving" }, resources(2, 500), "op3", 9);
  expect(afterOperation(begun, "OPERATION_FINISHED", "", false, 10)).toMatchObject({ amounts: { cpus: 0.1, mem: 0 } });
});

test("B20: a node that moves gives back what it has elsewhere", () => {
  const before = [entry("reserved", { agentId: "S-b" }), entry("refused", { agentId: "S-c" })];
  expect(reservationsAfter(before, taking(), 7).map(({ agentId, state }) => [agentId, state])).toEqual([
    ["S-b", "unreserving"],
    ["S-a", "intended"],
  ]);
});

const expected: Readonly<Record<OperationState, readonly [string, string, string]>> = {
  OPERATION_FINISHED: ["reserved", "reserved", "gone"],
  OPERATION_FAILED: ["refused", "reserved", "unreserving"],
  OPERATION_ERROR: ["refused", "reserved", "unreserving"],
  OPERATION_DROPPED: ["refused", "reserved", "unreserving"],
  OPERATION_UNSUPPORTED: ["refused", "reserved", "unreserving"],
  OPERATION_UNKNOWN: ["gone", "reserved", "unreserving"],
  OPERATION_GONE_BY_OPERATOR: ["gone", "gone", "gone"],
  OPERATION_PENDING: ["intended, asked", "reserved, asked", "unreserving, asked"],
  OPERATION_UNREACHABLE: ["intended, asked", "reserved, asked", "unreserving, asked"],
  OPERATION_RECOVERING: ["intended, asked", "reserved, asked", "unreserving, asked"],
};
test.each(operationStates)("B20: an operation that is %s", (state) => {
  const befores = [
    entry("intended"),
    entry("reserved"),
    releaseBegun(entry("unreserving"), [Resources.scalar("cpus", 2), Resources.scalar("mem", 500)], "op", 1),
  ];
  const words = befores.map((before) => {
    const after = afterOperation(before, state, "no", false, 7);
    if (after === undefined) return "gone";
    return after.operationId === "" ? after.state : `${after.state}, asked`;
  });
  expect(words).toEqual(expected[state]);
});

test("B18: a reservation whose offer was gone is no refusal", () => {
  const message = "Operation attempted with invalid offers: Offer O1 is no longer valid";
  expect(afterOperation(entry("intended"), "OPERATION_ERROR", message, false, 7)).toBeUndefined();
});

test("B20: an operation that a new master forgot was done when tasks run on what it reserved", () => {
  expect(afterOperation(entry("intended"), "OPERATION_UNKNOWN", "", true, 7)).toMatchObject({ state: "reserved" });
});

const task = (process: string, statusUuid: string) => ({
  ...newTaskRecord({ taskId: `cke.c.n.i.${process || "node"}`, process, configHash: "", failures: 0 }, 1),
  statusUuid,
});
test.each<[string, string, string, boolean]>([
  ["of the whole unit, when any task has told of itself", "S-a", "cke.c.n.i.node.reserve", true],
  ["of a process that has told of itself", "S-a", "cke.c.n.i.etcd.reserve", true],
  ["of a process that has not, beside others that have", "S-a", "cke.c.n.i.scheduler.reserve", false],
  ["of a process whose task is not there any more", "S-a", "cke.c.n.i.scheduler.2.reserve", false],
  ["of an earlier incarnation", "S-a", "cke.c.n.h.node.reserve", false],
  ["on another agent", "S-b", "cke.c.n.i.node.reserve", false],
])("B20: the operation %s", (_name, agentId, operationId, used) => {
  const tasks = [task("", ""), task("etcd", "u"), task("scheduler", "")];
  expect(isUsed([{ ...sampleLaunch({ tasks }), agentId: "S-a" }], agentId, operationId)).toBe(used);
});

test("B20: what is given back in parts is gone only with its last part", () => {
  const begun = releaseBegun(entry("unreserving"), [Resources.scalar("cpus", 1.5)], "op", 1);
  const after = afterOperation(begun, "OPERATION_FINISHED", "", false, 7);
  expect(after).toMatchObject({ state: "unreserving", amounts: { cpus: 0.5, mem: 500 }, operationId: "" });
});

test("B20: a node that goes away gives all back, and forgets what was never made", () => {
  const all = [entry("reserved"), entry("intended", { agentId: "S-b" }), entry("refused", { agentId: "S-c" })];
  const after = releaseAll(all, 7);
  expect(after.map(({ agentId, state }) => [agentId, state])).toEqual([
    ["S-a", "unreserving"],
    ["S-b", "unreserving"],
  ]);
  expect(releaseAll(after, 8)).toBe(after);
});

test.each<readonly [string, OwnerFacts | undefined, ReturnType<typeof fateOf>]>([
  ["nobody's", undefined, "release"],
  ["a running node's", { reservations: [entry("reserved")], wants: true }, "keep"],
  ["a node's that was not heard of yet", { reservations: [entry("intended")], wants: true }, "adopt"],
  ["given up", { reservations: [entry("unreserving")], wants: true }, "release"],
  ["of a node that was thought refused", { reservations: [entry("refused")], wants: true }, "adopt"],
  ["of a node whose record is lost", { reservations: [], wants: true }, "adopt"],
  [
    "of a node that reserved elsewhere",
    { reservations: [entry("reserved", { agentId: "S-b" })], wants: true },
    "release",
  ],
  ["for another role of it", { reservations: [entry("reserved", { role: "other" })], wants: true }, "release"],
  ["of a node that goes away, while its tasks end", { reservations: [entry("reserved")], wants: false }, "keep"],
  ["of a node that goes away and has no record of it", { reservations: [], wants: false }, "release"],
])("B20: offered resources that are %s", (_title, facts, fate) => {
  expect(fateOf("S-a", "cke", facts)).toBe(fate);
});

test("amounts", () => {
  expect(amountsOf(resources(1, 2))).toEqual({ cpus: 1, mem: 2, ports: [31_000, 31_001] });
});
