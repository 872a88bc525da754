import { expect, it } from "vitest";
import type { Registration, Tombstone } from "./registration.ts";
import { nextStep, type VpcState } from "./registration-steps.ts";

const now = 1_000_000;
const registration = (hosts: Registration["hosts"], more: Partial<Registration> = {}): Registration => ({
  createdAtMs: 1,
  vpc: "v",
  hosts,
  vip: [],
  vipAtMs: now,
  ...more,
});
const cluster = (
  name: string,
  wanted: readonly string[],
  hosts: Registration["hosts"],
  more?: Partial<Registration>,
  needsVip = false,
) => ({
  cluster: name,
  wanted: new Set(wanted),
  needsVip,
  registration: registration(hosts, more),
});
const tombstone = (hosts: readonly string[]): Tombstone => ({
  cluster: "old",
  createdAtMs: 0,
  vpc: "v",
  hosts: [...hosts],
  sinceMs: 0,
});
const state = (more: Partial<VpcState>): VpcState => ({ clusters: [], tombstones: [], now, ...more });

it.each<[string, Partial<VpcState>, object | undefined]>([
  ["nothing at all", {}, undefined],
  ["all is as it is to be", { clusters: [cluster("c", ["1"], { 1: "added" })] }, undefined],
  [
    "a new host: first the intent",
    { clusters: [cluster("c", ["1"], {})] },
    { kind: "store", cluster: "c", registration: registration({ 1: "adding" }) },
  ],
  [
    "then the call, after which it is there",
    { clusters: [cluster("c", ["1", "2"], { 1: "added", 2: "adding" })] },
    { kind: "add", cluster: "c", hosts: ["2"], registration: registration({ 1: "added", 2: "added" }) },
  ],
  [
    "a call whose outcome is not known is made again, also for a host that is not wanted any more",
    { clusters: [cluster("c", [], { 1: "adding" })] },
    { kind: "add", cluster: "c", hosts: ["1"] },
  ],
  [
    "a host that is not wanted any more: first the intent",
    { clusters: [cluster("c", ["2"], { 1: "added", 2: "added" })] },
    { kind: "store", registration: registration({ 1: "removing", 2: "added" }) },
  ],
  [
    "then the call",
    { clusters: [cluster("c", ["2"], { 1: "removing", 2: "added" })] },
    { kind: "remove", hosts: ["1"], registration: registration({ 2: "added" }) },
  ],
  [
    "a host that is wanted again meanwhile is taken out first",
    { clusters: [cluster("c", ["1"], { 1: "removing" })] },
    { kind: "remove", hosts: ["1"], registration: registration({}) },
  ],
  [
    "an address that another cluster of the vpc has by now stays",
    { clusters: [cluster("c", [], { 1: "removing" }), cluster("d", [], { 1: "added" })] },
    { kind: "store", cluster: "c", registration: registration({}) },
  ],
  [
    "what a cluster has left, with the services when it was the last one",
    { tombstones: [tombstone(["1", "2"])] },
    { kind: "bury", hosts: ["1", "2"], services: true },
  ],
  [
    "what a cluster has left beside another one: not its hosts, and no services",
    { clusters: [cluster("c", ["1"], { 1: "added" })], tombstones: [tombstone(["1", "2"])] },
    { kind: "bury", hosts: ["2"], services: false },
  ],
  [
    "the address of the load balancer is asked for from time to time",
    { clusters: [cluster("c", ["1"], { 1: "added" }, { vipAtMs: now - 60_000 })] },
    { kind: "ask-vip", cluster: "c" },
  ],
  [
    "the address is asked for before anything else where certificates are to name it",
    { clusters: [cluster("c", ["1"], {}, { vipAtMs: 0 }, true)] },
    { kind: "ask-vip", cluster: "c" },
  ],
  [
    "and again soon while there is none",
    { clusters: [cluster("c", [], {}, { vipAtMs: now - 5_000 }, true)] },
    { kind: "ask-vip", cluster: "c" },
  ],
  [
    "but then not more often than that of others",
    { clusters: [cluster("c", [], {}, { vipAtMs: now - 5_000, vip: ["10.9.9.9"] }, true)] },
    undefined,
  ],
  ["but not for a cluster without hosts", { clusters: [cluster("c", [], {}, { vipAtMs: 0 })] }, undefined],
])("%s", (_, more, expected) => {
  const step = nextStep(state(more));
  if (expected === undefined) expect(step).toBeUndefined();
  else expect(step).toMatchObject(expected);
});
