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

test("a Service gets an address when it comes, another one when that goes, and each is announced", async () => {
  void lab.begin();
  await settle();
  server.service("a");
  await settle();
  expect(server.addresses()).toEqual({ a: "10.9.0.1" });
  server.service("b");
  server.service("c");
  await settle();
  expect(server.addresses()).toEqual({ a: "10.9.0.1", b: "10.9.0.2", c: "" });
  expect(server.events.map(({ reason, message }) => [reason, message])).toEqual([
    ["AddressRefused", "every address of the cluster's loadbalancer_pool is taken"],
  ]);
  server.delete("services", "a");
  await settle();
  expect(server.addresses()).toEqual({ b: "10.9.0.2", c: "10.9.0.1" });
  expect(lab.announced.at(-1)).toEqual([
    { address: "10.9.0.1", nodes: [] },
    { address: "10.9.0.2", nodes: [] },
  ]);
  expect(server.asked.filter((line) => line.startsWith("GET") || line.startsWith("WATCH"))).toEqual([
    "GET /api/v1/services",
    "WATCH services from 10",
  ]);
});

test("a refusal is told once, also by the next scheduler, and again when the API server has forgotten it", async () => {
  server.service("a", { loadBalancerIP: "192.0.2.1" });
  void lab.begin();
  await settle();
  server.service("a", { loadBalancerIP: "192.0.2.1", sessionAffinity: "ClientIP" });
  await settle();
  expect(server.events).toHaveLength(1);
  lab.end();
  void lab.begin();
  await settle();
  expect(server.events).toHaveLength(1);
  server.events.splice(0);
  await clock.advance(46 * 60_000);
  await settle();
  expect(server.events).toHaveLength(1);
});

test("who takes over waits before it gives, and keeps what is there meanwhile", async () => {
  server.service("a");
  server.put("services", "b", {
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress: [{ ip: "10.9.0.1" }] } },
  });
  void lab.begin({ givesFromMs: clock.now() + 15_000 });
  await settle();
  expect(server.addresses()).toEqual({ a: "", b: "10.9.0.1" });
  expect(lab.announced).toEqual([[{ address: "10.9.0.1", nodes: [] }]]);
  await clock.advance(15_000);
  await settle();
  expect(server.addresses()).toEqual({ a: "10.9.0.2", b: "10.9.0.1" });
});

test("with policy Local only nodes with an endpoint announce, and slices are followed only then", async () => {
  server.service("a");
  void lab.begin();
  await settle();
  expect(server.asked.join()).not.toContain("endpointslices");
  server.slice("a-1", "a", "n1");
  server.slice("x-1", "x", "n3");
  server.service("a", { externalTrafficPolicy: "Local" });
  await settle();
  expect(lab.announced.at(-1)).toEqual([{ address: "10.9.0.1", nodes: ["n1"] }]);
  server.slice("a-1", "a", "n2", "n1");
  await settle();
  expect(lab.announced.at(-1)).toEqual([{ address: "10.9.0.1", nodes: ["n1", "n2"] }]);
  server.slice("a-1", "a");
  await settle();
  expect(lab.announced.at(-1)).toEqual([]);
  // Another one comes: while its endpoints are read nothing that is announced is taken back.
  server.slice("a-1", "a", "n2");
  server.slice("b-1", "b", "n1");
  server.service("b", { externalTrafficPolicy: "Local" });
  const before = lab.announced.length;
  await settle();
  expect(lab.announced.slice(before).every((one) => one.some(({ address }) => address === "10.9.0.1"))).toBe(true);
  expect(lab.announced.at(-1)).toEqual([
    { address: "10.9.0.1", nodes: ["n2"] },
    { address: "10.9.0.2", nodes: ["n1"] },
  ]);
  server.service("a", { externalTrafficPolicy: "Cluster" });
  server.service("b", { externalTrafficPolicy: "Cluster" });
  await settle();
  expect([...server.watchers].map(({ collection }) => collection)).toEqual(["services"]);
});

test("an API server that does not answer is asked ever more rarely, and is told of", async () => {
  const away = () => new ClusterUnreachableError("c", "no master answers");
  server.failure = away();
  void lab.begin();
  await settle();
  expect(lab.problem).toContain("no master answers");
  for (let second = 0; second < 120; second += 1) {
    server.failure ??= away();
    await clock.advance(1_000);
    await settle();
  }
  expect(server.asked.length).toBeGreaterThan(4);
  expect(server.asked.length).toBeLessThan(14);
  server.failure = undefined;
  await clock.advance(61_000);
  await settle();
  expect(lab.problem).toBe("");
});

test("a watch that breaks off goes on where it was, and one whose place is forgotten is read anew", async () => {
  void lab.begin();
  await settle();
  server.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "77" } } });
  server.send(new ClusterUnreachableError("c", "cut"));
  await settle();
  await clock.advance(2_000);
  await settle();
  expect(server.asked.at(-1)).toBe("WATCH services from 77");
  server.send({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } });
  await settle();
  expect(server.asked.slice(-2)).toEqual(["GET /api/v1/services", "WATCH services from 10"]);
  expect(lab.problem).toBe("");
});

test("a silent watch is taken for dead", async () => {
  void lab.begin();
  await settle();
  await clock.advance(151_000);
  await settle();
  expect(lab.problem).toContain("silent");
  await clock.advance(2_000);
  await settle();
  expect(server.watchers.size).toBe(1);
  expect(server.asked.filter((line) => line.startsWith("WATCH"))).toHaveLength(2);
});

test("an API server of before 1.31 is asked without a selector, and other Services are left alone", async () => {
  server.old = true;
  server.service("a");
  server.put("services", "plain", { spec: { type: "ClusterIP" } });
  void lab.begin();
  await settle();
  expect(server.addresses()).toEqual({ a: "10.9.0.1", plain: "" });
});

test("many refusals are told in portions", async () => {
  for (let at = 0; at < 120; at += 1) server.service(`s${at}`, { loadBalancerIP: "192.0.2.1" });
  void lab.begin();
  await settle();
  await settle();
  expect(server.events).toHaveLength(50);
  for (const wanted of [100, 120, 120]) {
    await clock.advance(10_000);
    await settle();
    await settle();
    expect(server.events).toHaveLength(wanted);
  }
});

test("a list that is too long for one answer is read in smaller pages", async () => {
  server.failure = new KubernetesApiError("c", { status: 413, reason: "AnswerTooLarge", message: "too long" });
  server.service("a");
  void lab.begin();
  await settle();
  expect([server.addresses(), lab.problem]).toEqual([{ a: "10.9.0.1" }, ""]);
  expect(server.limits).toEqual(["500", "250"]);
});

test("nothing is asked any more when it has ended", async () => {
  const running = lab.begin();
  await settle();
  lab.end();
  await running;
  expect(server.watchers.size).toBe(0);
});
