import { type Offer, type Resource, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import type { AgentUse } from "../offer-fit/offer-bundle.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { describeRequest, matchOffers } from "./offer-matching.ts";

const request = (id: string, overrides: Partial<PlacementRequest> = {}): PlacementRequest => ({
  id,
  workload: "c",
  host: "*",
  attributes: [],
  roles: [],
  parts: [
    { cpus: 0.1, mem: 64, ports: [] },
    { cpus: 1.9, mem: 936, ports: [] },
  ],
  home: "",
  homeOnly: false,
  spread: false,
  cleanup: false,
  ...overrides,
});

let sequence = 0;
const offer = (
  host: string,
  cpus: number,
  mem: number,
  more: Partial<Offer> & { readonly role?: string; readonly extra?: readonly Resource[] } = {},
): Offer => {
  const { role = "cke", extra = [], ...fields } = more;
  sequence += 1;
  return {
    id: { value: `o${sequence}` },
    framework_id: { value: "f" },
    agent_id: { value: `agent-${host}` },
    hostname: host,
    allocation_info: { role },
    resources: Resources.allocatedTo(role, [
      Resources.scalar("cpus", cpus),
      Resources.scalar("mem", mem),
      Resources.ranges("ports", [{ begin: 31_000, end: 32_000 }]),
      ...extra,
    ]),
    ...fields,
  };
};
const match = (
  requests: readonly PlacementRequest[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse> = new Map(),
) => matchOffers(requests, offers, uses);
const places = (result: ReturnType<typeof match>) =>
  result.placements.map(({ request: { id }, hostname }) => [id, hostname]);
const reasons = (result: ReturnType<typeof match>, id: string) =>
  result.refusals.get(id)?.map(({ hostname, words }) => `${hostname} ${words}`);

test("resources are given by part and carry the role of the offer", () => {
  const result = match([request("c/n")], [offer("a", 2, 1000)]);
  expect(result.placements[0]?.resources).toEqual([
    [
      { name: "cpus", type: "SCALAR", scalar: { value: 0.1 }, allocation_info: { role: "cke" } },
      { name: "mem", type: "SCALAR", scalar: { value: 64 }, allocation_info: { role: "cke" } },
    ],
    [
      { name: "cpus", type: "SCALAR", scalar: { value: 1.9 }, allocation_info: { role: "cke" } },
      { name: "mem", type: "SCALAR", scalar: { value: 936 }, allocation_info: { role: "cke" } },
    ],
  ]);
  expect(result.unused).toEqual([]);
});

test("all or nothing: one process too many, and nothing is placed", () => {
  const result = match([request("c/n")], [offer("a", 1.99, 1000)]);
  expect(places(result)).toEqual([]);
  expect(reasons(result, "c/n")).toEqual(["a has cpus 1.99 of 2"]);
  expect(result.unused).toHaveLength(1);
});

test("offers of one agent and role count together, those of several agents or roles do not", () => {
  expect(places(match([request("c/n")], [offer("a", 1, 500), offer("a", 1, 500)]))).toEqual([["c/n", "a"]]);
  expect(match([request("c/n")], [offer("a", 1, 500), offer("a", 1, 500)]).placements[0]?.offerIds).toHaveLength(2);
  expect(places(match([request("c/n")], [offer("a", 1, 500), offer("b", 1, 500)]))).toEqual([]);
  expect(places(match([request("c/n")], [offer("a", 1, 500), offer("a", 1, 500, { role: "other" })]))).toEqual([]);
});

test("a host is a hostname in any case, or an address", () => {
  const url = { scheme: "http", address: { hostname: "a.example", ip: "10.0.0.5", port: 5051 } };
  for (const host of ["A", "10.0.0.5", "a.example"]) {
    expect(places(match([request("c/n", { host })], [offer("b", 9, 9000), offer("a", 2, 1000, { url })]))).toEqual([
      ["c/n", "a"],
    ]);
  }
  expect(reasons(match([request("c/n", { host: "a" })], [offer("b", 9, 9000)]), "c/n")).toEqual(["b is not host a"]);
});

test("attributes must have the asked value", () => {
  const attributes = [{ name: "rack", value: "r1" }];
  const rack = (value: string) => [{ name: "rack", type: "TEXT" as const, text: { value } }];
  const zones = [{ name: "rack", type: "SET" as const, set: { item: ["r0", "r1"] } }];
  const result = match(
    [request("c/n", { attributes })],
    [offer("a", 9, 9000), offer("b", 9, 9000, { attributes: rack("r2") })],
  );
  expect(reasons(result, "c/n")).toEqual(["a has no attribute rack", "b has rack=r2, not r1"]);
  expect(places(match([request("c/n", { attributes })], [offer("c", 2, 1000, { attributes: rack("r1") })]))).toEqual([
    ["c/n", "c"],
  ]);
  expect(places(match([request("c/n", { attributes })], [offer("d", 2, 1000, { attributes: zones })]))).toEqual([
    ["c/n", "d"],
  ]);
});

test("what is tied to a host is placed before what may go anywhere", () => {
  const result = match(
    [request("c/any"), request("c/tied", { host: "a" })],
    [offer("a", 2, 1000), offer("b", 2, 1000)],
  );
  expect(places(result)).toEqual([
    ["c/tied", "a"],
    ["c/any", "b"],
  ]);
});

test("masters of one cluster go to different agents where there is a choice", () => {
  const masters = ["m1", "m2", "m3"].map((name) => request(`c/${name}`, { spread: true }));
  const hosts = (offers: readonly Offer[]) => places(match(masters, offers)).map(([, host]) => host);
  expect(new Set(hosts([offer("a", 9, 9000), offer("b", 8, 9000), offer("d", 7, 9000)])).size).toBe(3);
  expect(hosts([offer("a", 9, 9000)])).toEqual(["a", "a", "a"]);
});

test("a node returns to the host of its volumes, or waits for it", () => {
  const offers = () => [offer("a", 9, 9000), offer("b", 2, 1000)];
  expect(places(match([request("c/n", { home: "b" })], offers()))).toEqual([["c/n", "b"]]);
  const away = match([request("c/n", { home: "z", homeOnly: true })], offers());
  expect(reasons(away, "c/n")?.[0]).toBe("a does not hold the unit's data (host z does)");
});

const withPort = (port: number) => request("c/n", { parts: [{ cpus: 1, mem: 10, ports: [port] }] });

test("a port in the agent's range is taken from the offer, or refused", () => {
  const placed = match([withPort(31_500)], [offer("a", 2, 1000)]).placements[0];
  expect(placed?.resources[0]).toContainEqual(
    expect.objectContaining({ name: "ports", ranges: { range: [{ begin: 31_500, end: 31_500 }] } }),
  );
  const hole = offer("a", 2, 1000);
  const resources = Resources.subtract(
    hole.resources ?? [],
    Resources.allocatedTo("cke", [Resources.ranges("ports", [{ begin: 31_500, end: 31_500 }])]),
  );
  expect(reasons(match([withPort(31_500)], [{ ...hole, resources }]), "c/n")).toEqual(["a has no ports 31500"]);
});

test("a port outside of it is granted unless another node of ours has it", () => {
  const placed = match([withPort(34_571)], [offer("a", 2, 1000)]).placements[0];
  expect(placed?.resources[0]?.map(({ name }) => name)).toEqual(["cpus", "mem"]);
  const uses = new Map([["agent-a", { ports: new Map([[34_571, "other/n"]]), stateful: new Set<string>() }]]);
  expect(reasons(match([withPort(34_571)], [offer("a", 2, 1000)], uses), "c/n")).toEqual([
    "a has port 34571 in use by other/n",
  ]);
  const both = match([withPort(34_571), { ...withPort(34_571), id: "d/n" }], [offer("a", 9, 1000)]);
  expect(reasons(both, "d/n")).toEqual(["a has port 34571 in use by c/n"]);
});

test("a process joins its executor only where that runs", () => {
  const executor = { agentId: "agent-a", hostname: "a", executorId: "e", role: "cke" };
  const joining = request("c/n/p", { executor, host: "elsewhere" });
  expect(reasons(match([joining], [offer("b", 9, 9000), offer("a", 9, 9000)]), "c/n/p")).toEqual([
    "a does not run its executor now",
    "b is not the agent of its unit",
  ]);
  expect(places(match([joining], [offer("a", 9, 9000, { executor_ids: [{ value: "e" }] })]))).toEqual([["c/n/p", "a"]]);
});

test("resources reserved for the role are used first, revocable ones never", () => {
  const reserved: Resource = { ...Resources.scalar("cpus", 1), reservations: [{ type: "STATIC", role: "cke" }] };
  const revocable: Resource = { ...Resources.scalar("cpus", 50), revocable: {} };
  const placed = match([request("c/n")], [offer("a", 1.5, 1000, { extra: [reserved, revocable] })]).placements[0];
  const cpus = placed?.resources.flat().filter(({ name }) => name === "cpus") ?? [];
  expect(Resources.scalarOf(cpus, "cpus")).toBe(2);
  expect(
    cpus
      .filter((resource) => resource.reservations !== undefined)
      .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0),
  ).toBe(1);
  expect(cpus.some((resource) => resource.revocable !== undefined)).toBe(false);
  expect(places(match([request("c/n")], [offer("a", 0.5, 1000, { extra: [revocable] })]))).toEqual([]);
});

test.each<readonly [readonly string[], string, boolean]>([
  [[], "a", true],
  [[], "*", true],
  [["a", "b"], "b", true],
  [["a"], "a/b", false],
  [["a/b"], "a/b", true],
  [["a"], "*", false],
])("B19: a need for roles %j on an offer to role %s: %s", (roles, role, fits) => {
  const result = match([request("c/n", { roles })], [offer("h", 2, 1000, { role })]);
  expect(result.placements).toHaveLength(fits ? 1 : 0);
  if (!fits) expect(result.refusals.get("c/n")?.map(({ kind }) => kind)).toEqual(["role"]);
});

test("B18: everything of a placement carries the role of its offers, which are of one agent", () => {
  const offers = [offer("a", 1, 500), offer("b", 1, 500), offer("a", 1, 500), offer("a", 9, 9000, { role: "other" })];
  const [placement] = match([request("c/n", { roles: ["cke"] })], offers).placements;
  expect(placement?.offerIds).toEqual([offers[0]?.id.value, offers[2]?.id.value]);
  expect(placement?.resources.flat().map(({ allocation_info }) => allocation_info)).toEqual(
    placement?.resources.flat().map(() => ({ role: "cke" })),
  );
});

test("a port is one port of an agent, whatever the role of its offers", () => {
  const result = match(
    [withPort(31_500), { ...withPort(31_500), id: "d/n" }],
    [offer("a", 2, 1000), offer("a", 2, 1000, { role: "other" })],
  );
  expect(places(result)).toEqual([["c/n", "a"]]);
  expect(reasons(result, "d/n")).toContain("a has port 31500 in use by c/n");
});

test("a need in words", () => {
  const parts = [
    { cpus: 0.1, mem: 64, ports: [] },
    { cpus: 0.2, mem: 32, ports: [34_571] },
  ];
  expect(describeRequest(request("c/n", { parts, host: "a" }))).toBe("cpus 0.3, mem 96 MiB, port 34571 on host a");
});
