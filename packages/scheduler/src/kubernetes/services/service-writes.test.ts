// Writes to Services and events of them that fail, are lost, or meet a conflict.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ManualClock, settle } from "../../framework/testing/manual-clock.ts";
import { ClusterUnreachableError, KubernetesApiError } from "../access/access-errors.ts";
import { AddressLab } from "./testing/address-lab.ts";
import type { FakeServices } from "./testing/fake-services.ts";

let lab: AddressLab;
let clock: ManualClock;
let server: FakeServices;

beforeEach(() => {
  lab = new AddressLab();
  ({ clock, server } = lab);
});
afterEach(() => lab.end());

test("a Service that somebody changes meanwhile gets its address by what it is then", async () => {
  void lab.begin();
  await settle();
  server.failure = new KubernetesApiError("c", { status: 409, reason: "Conflict", message: "changed" });
  server.service("a");
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "" }, ""]);
  server.service("a", { loadBalancerIP: "10.9.0.2" });
  await settle();
  expect(server.addresses()).toEqual({ a: "10.9.0.2" });
});

test("a write without an answer holds its address until the watch has told the outcome", async () => {
  void lab.begin();
  await settle();
  server.loseAnswer = new ClusterUnreachableError("c", "late", { perhapsDone: true });
  server.service("z");
  await settle();
  server.loseAnswer = undefined;
  server.service("a", {}, { creationTimestamp: "1970-01-01T00:00:00.000Z" });
  await clock.advance(2_000);
  await settle();
  expect(server.addresses()).toEqual({ z: "10.9.0.1", a: "10.9.0.2" });
});

test("a write that meets a conflict holds its address until the watch has told what is there", async () => {
  void lab.begin();
  await settle();
  server.failure = new KubernetesApiError("c", { status: 409, reason: "Conflict", message: "changed" });
  server.service("z");
  await settle();
  server.service("a", {}, { creationTimestamp: "1970-01-01T00:00:00.000Z" });
  await settle();
  expect(server.addresses()).toEqual({ z: "10.9.0.1", a: "10.9.0.2" });
});

test("a write that was lost is made again, for the same address", async () => {
  void lab.begin();
  await settle();
  server.failure = new ClusterUnreachableError("c", "cut", { perhapsDone: true });
  server.service("z");
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ z: "" }, expect.stringContaining("cut")]);
  await clock.advance(2_000);
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ z: "10.9.0.1" }, ""]);
});

test("an answer that says nothing certain holds the address too", async () => {
  void lab.begin();
  await settle();
  server.loseAnswer = new KubernetesApiError("c", { status: 504, reason: "Timeout", message: "late" });
  server.service("z");
  await settle();
  server.loseAnswer = undefined;
  server.service("a", {}, { creationTimestamp: "1970-01-01T00:00:00.000Z" });
  await clock.advance(2_000);
  await settle();
  expect(server.addresses()).toEqual({ z: "10.9.0.1", a: "10.9.0.2" });
});

test("one Service whose status cannot be written holds up no other one", async () => {
  void lab.begin();
  await settle();
  server.refused.add("a");
  server.service("a");
  server.service("b");
  await settle();
  expect(server.addresses()).toEqual({ a: "", b: "10.9.0.2" });
  expect([lab.announced.at(-1), lab.problem]).toEqual([
    [{ address: "10.9.0.2", nodes: [] }],
    expect.stringContaining("status 422"),
  ]);
  server.delete("services", "b");
  await clock.advance(2_000);
  await settle();
  expect(lab.announced.at(-1)).toEqual([]);
  server.refused.clear();
  await clock.advance(4_000);
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "10.9.0.1" }, ""]);
});

test("writes that are not answered hold up no other Service, and nothing that is to be taken back", async () => {
  void lab.begin({ pool: ["10.9.0.1-10.9.0.9"] });
  await settle();
  server.service("x");
  await settle();
  for (const name of ["a1", "a2", "a3"]) server.silent.add(name);
  for (const name of ["a1", "a2", "a3", "b"]) server.service(name);
  server.delete("services", "x");
  await settle();
  expect([lab.announced.at(-1), lab.problem]).toEqual([[], expect.stringContaining("no answer")]);
  // After two that are not answered the others wait for a next round, and come first there.
  expect(server.addresses()).toMatchObject({ b: "" });
  await clock.advance(2_000);
  await settle();
  expect(server.addresses()).toMatchObject({ a1: "", b: "10.9.0.4" });
  expect(lab.announced.at(-1)).toEqual([{ address: "10.9.0.4", nodes: [] }]);
  server.silent.clear();
  await clock.advance(8_000);
  await settle();
  expect([Object.values(server.addresses()).includes(""), lab.problem]).toEqual([false, ""]);
});

test("a master that cannot be asked is asked once in a round, and what is announced follows the watch", async () => {
  void lab.begin({ pool: ["10.9.0.1-10.9.0.9"] });
  await settle();
  server.service("x");
  await settle();
  server.asked.length = 0;
  server.failure = new ClusterUnreachableError("c", "no master answers");
  server.delete("services", "x");
  server.service("a");
  server.service("b");
  await settle();
  expect([lab.announced.at(-1), lab.problem]).toEqual([[], expect.stringContaining("no master answers")]);
  expect(server.asked).toEqual(["PATCH /api/v1/namespaces/shop/services/a/status"]);
  await clock.advance(2_000);
  await settle();
  expect(Object.values(server.addresses())).toEqual(["10.9.0.1", "10.9.0.2"]);
});

test("a conflict that no news follow is met again soon, and is told of then", async () => {
  const conflict = () => new KubernetesApiError("c", { status: 409, reason: "Conflict", message: "a plugin says no" });
  void lab.begin();
  await settle();
  server.failure = conflict();
  server.service("a");
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "" }, ""]);
  // It is not news that let it be tried again.
  server.failure = conflict();
  for (let ms = 0; ms < 1_000 && server.failure !== undefined; ms += 100) {
    await clock.advance(100);
    await settle();
  }
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "" }, expect.stringContaining("a plugin says no")]);
  await clock.advance(4_000);
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "10.9.0.1" }, ""]);
});

test("an event that is not taken holds up no other one", async () => {
  void lab.begin({ pool: ["10.9.0.1-10.9.0.1"] });
  await settle();
  server.service("a");
  await settle();
  server.refused.add("b");
  server.service("b");
  server.service("c");
  await settle();
  expect([server.events.length, lab.problem]).toEqual([1, expect.stringContaining("status 422")]);
  server.refused.clear();
  await clock.advance(2_000);
  await settle();
  expect([server.events.length, lab.problem]).toEqual([2, ""]);
});
