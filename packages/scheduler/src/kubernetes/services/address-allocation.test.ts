import { expect, test } from "vitest";
import { spansOf } from "../ranges/address-pool.ts";
import { type AllocationInput, allocate } from "./address-allocation.ts";
import type { LoadBalancerService } from "./service-object.ts";

const service = (uid: string, more: Partial<LoadBalancerService> = {}): LoadBalancerService => ({
  ...{ uid, namespace: "default", name: `s-${uid}`, resourceVersion: "1", createdAt: "2026-12-01T00:00:00Z" },
  ...{ ending: false, asked: "", addresses: [], local: false, ipv4: true, ...more },
});
const has = (...addresses: readonly string[]) => ({ addresses });
/** "a=10.9.0.1" for each that has one, "a!" for each that is refused; writes in brackets. */
function decided(services: readonly LoadBalancerService[], more: Partial<AllocationInput> = {}) {
  const pool = spansOf(["10.9.0.1-10.9.0.3"]);
  const { given, writes, refusals } = allocate({
    ...{ pool, reserved: [], services, unsettled: new Map(), mayGive: true, ...more },
  });
  return {
    given: Object.fromEntries(given),
    writes: writes.map(({ service: { uid }, address }) => `${uid}=${address}`),
    refused: refusals.map(({ service: { uid }, message }) => `${uid}: ${message}`),
  };
}

test("the oldest Service gets the lowest free address, each its own", () => {
  const services = [
    service("b", { createdAt: "2026-12-01T00:00:02Z" }),
    service("a", { createdAt: "2026-12-01T00:00:03Z" }),
    service("c"),
  ];
  expect(decided(services).writes).toEqual(["c=10.9.0.1", "b=10.9.0.2", "a=10.9.0.3"]);
});

test("what a Service has it keeps, and nothing is written then", () => {
  const services = [service("a"), service("b", has("10.9.0.1"))];
  expect(decided(services)).toEqual({
    given: { a: "10.9.0.2", b: "10.9.0.1" },
    writes: ["a=10.9.0.2"],
    refused: [],
  });
});

test("none is given twice: of two that have one address the older keeps it", () => {
  const services = [
    service("young", { createdAt: "2026-12-02T00:00:00Z", ...has("10.9.0.1") }),
    service("old", has("10.9.0.1")),
  ];
  expect(decided(services)).toMatchObject({
    given: { old: "10.9.0.1", young: "10.9.0.2" },
    writes: ["young=10.9.0.2"],
  });
});

test("an exhausted pool refuses those that came last, and one that goes makes room", () => {
  const services = ["a", "b", "c", "d"].map((uid) => service(uid));
  const full = decided(services);
  expect(full.refused).toEqual(["d: every address of the cluster's loadbalancer_pool is taken"]);
  expect(full.given).toEqual({ a: "10.9.0.1", b: "10.9.0.2", c: "10.9.0.3" });
  const later = [service("a", has("10.9.0.1")), service("c", has("10.9.0.3")), service("d")];
  expect(decided(later)).toMatchObject({ writes: ["d=10.9.0.2"], refused: [] });
});

test.each<[string, readonly LoadBalancerService[], readonly string[], readonly string[]]>([
  ["is free", [service("a"), service("b", { asked: "10.9.0.1" })], ["a=10.9.0.2", "b=10.9.0.1"], []],
  [
    "is another one's",
    [service("a", has("10.9.0.1")), service("b", { asked: "10.9.0.1" })],
    [],
    ["b: the address 10.9.0.1 that it asks for is another Service's"],
  ],
  [
    "is not in the pool",
    [service("b", { asked: "10.8.0.1" })],
    [],
    [`b: the address "10.8.0.1" that it asks for is not in the cluster's loadbalancer_pool`],
  ],
  [
    "is none",
    [service("b", { asked: "fd00::1" })],
    [],
    [`b: the address "fd00::1" that it asks for is not in the cluster's loadbalancer_pool`],
  ],
  ["is another one than it has", [service("b", { asked: "10.9.0.3", ...has("10.9.0.1") })], ["b=10.9.0.3"], []],
  [
    "cannot be had, so it keeps the one that it has",
    [service("a", has("10.9.0.3")), service("b", { asked: "10.9.0.3", ...has("10.9.0.1") })],
    [],
    ["b: the address 10.9.0.3 that it asks for is another Service's"],
  ],
])("an address that is asked for: %s", (_what, services, writes, refused) => {
  expect(decided(services)).toMatchObject({ writes, refused });
});

test("an address that ends with 0 or 255 goes to who asks for it", () => {
  const pool = spansOf(["10.9.0.0/24"]);
  expect(decided([service("a", { asked: "10.9.0.0" }), service("b")], { pool }).given).toEqual({
    a: "10.9.0.0",
    b: "10.9.0.1",
  });
});

test("the API server's address is no Service's", () => {
  const reserved = ["10.9.0.1"];
  expect(decided([service("a")], { reserved }).writes).toEqual(["a=10.9.0.2"]);
  expect(decided([service("a", { asked: "10.9.0.1" })], { reserved }).refused).toEqual([
    "a: the address 10.9.0.1 that it asks for is the API server's",
  ]);
});

test.each<[string, LoadBalancerService, readonly string[]]>([
  ["an address of no pool", service("a", has("192.0.2.7")), ["a=10.9.0.1"]],
  ["a name without an address", service("a", has("")), ["a=10.9.0.1"]],
  ["two addresses", service("a", has("10.9.0.2", "10.9.0.3")), ["a=10.9.0.2"]],
  ["an address, while it ends", service("a", { ...has("10.9.0.2"), ending: true }), []],
  ["none, while it ends", service("a", { ending: true }), []],
  ["an address of IPv4 without that family", service("a", { ...has("10.9.0.2"), ipv4: false }), ["a="]],
])("a Service with %s", (_what, one, writes) => expect(decided([one]).writes).toEqual(writes));

test("a Service that is going keeps its address until it is gone", () => {
  const services = [service("a", { ...has("10.9.0.1"), ending: true }), service("b")];
  expect(decided(services).given).toEqual({ a: "10.9.0.1", b: "10.9.0.2" });
});

test("a write of which nobody knows whether it was done holds its address", () => {
  const services = [service("b", { createdAt: "2026-11-30T00:00:00Z" }), service("a")];
  expect(decided(services, { unsettled: new Map([["a", "10.9.0.1"]]) }).given).toEqual({
    a: "10.9.0.1",
    b: "10.9.0.2",
  });
});

test("a scheduler that has just taken over gives nothing and takes nothing back", () => {
  const services = [
    ...[service("a"), service("b", has("10.9.0.2")), service("c", { asked: "10.9.0.3", ...has("10.9.0.1") })],
    service("d", has("192.0.2.7")),
  ];
  expect(decided(services, { mayGive: false })).toEqual({
    given: { b: "10.9.0.2", c: "10.9.0.1" },
    writes: [],
    refused: [],
  });
});
