// Reserved resources in offers: which request may use them, what happens to the others, and what is refused.
import { type Resource, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { ownerOf, type ReservationOwner, reservationOf } from "../../workload/reservations/reservation.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import { type Taken, takeResources, type Wanted } from "./offer-taking.ts";
import type { RequestedReservation } from "./placement-request.ts";

const owner: ReservationOwner = { framework: "cke", kind: "kubernetes", workload: "c", unit: "n", instance: "i1" };
const labelled = (who: ReservationOwner, ...pieces: readonly Resource[]) =>
  pieces.map((piece) => ({ ...piece, reservations: [reservationOf(who, "cke", "me")] }));
const static_ = (role: string, ...pieces: readonly Resource[]): readonly Resource[] =>
  pieces.map((piece) => ({ ...piece, reservations: [{ type: "STATIC", role }] }));
const amount = (cpus: number, mem: number) => [Resources.scalar("cpus", cpus), Resources.scalar("mem", mem)];

const bundle = (resources: readonly Resource[], role = "cke"): OfferBundle => ({
  agentId: "S-a",
  hostname: "a",
  addresses: ["a"],
  role,
  offerIds: ["o"],
  attributes: [],
  executorIds: new Set(),
  remaining: Resources.allocatedTo(role, resources),
  portSpan: { begin: 31_000, end: 32_000 },
  ports: new Map(),
  stateful: new Set(),
  claims: [],
});
const reservation: RequestedReservation = { owner, reserve: true, principal: "me" };
const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  parts: [
    { cpus: 0.5, mem: 100, ports: [31_005] },
    { cpus: 1.5, mem: 400, ports: [] },
  ],
  homeOnly: false,
  ...more,
});
const held = (cpus: number, mem: number, agentId = "S-a") => ({
  ...reservation,
  held: { agentId, amounts: { cpus, mem, ports: [] } },
});
const ports = Resources.ranges("ports", [{ begin: 31_000, end: 31_010 }]);

function taken(want: Wanted, offered: OfferBundle): Taken {
  const result = takeResources(want, offered);
  if (!("rest" in result)) throw new Error(result.map(({ words }) => words).join("; "));
  return result;
}
const refusals = (want: Wanted, offered: OfferBundle) => {
  const result = takeResources(want, offered);
  return "rest" in result ? [] : result.map(({ kind, words }) => `${kind}: ${words}`);
};

test("B20: what is not the node's own is reserved with owner, role and principal; tasks take it reserved", () => {
  const { resources, reserve, rest } = taken(wanted({ reservation }), bundle([...amount(4, 1000), ports]));
  const info = {
    type: "DYNAMIC",
    role: "cke",
    principal: "me",
    labels: {
      labels: [
        { key: "cke.framework", value: "cke" },
        { key: "cke.cluster", value: "c" },
        { key: "cke.node", value: "n" },
        { key: "cke.instance", value: "i1" },
      ],
    },
  };
  const reserved = (piece: Resource) => ({ ...piece, allocation_info: { role: "cke" }, reservations: [info] });
  expect(reserve).toEqual([
    ...amount(2, 500).slice(0, 1).map(reserved),
    ...amount(2, 500).slice(1).map(reserved),
    reserved(Resources.ranges("ports", [{ begin: 31_005, end: 31_005 }])),
  ]);
  expect(Resources.equal(resources.flat(), reserve)).toBe(true);
  expect(resources[1]).toEqual(amount(1.5, 400).map(reserved));
  expect(Resources.scalarOf(rest, "cpus")).toBe(2);
  expect(ownerOf(reserve[0] ?? ports)).toEqual(owner);
});

test("B20: a principal is set only when the framework has one", () => {
  const { reserve } = taken(wanted({ reservation: { owner, reserve: true } }), bundle([...amount(2, 500), ports]));
  expect(reserve[0]?.reservations?.[0]).not.toHaveProperty("principal");
});

test("B20: a node uses what is reserved for it before anything else, and reserves only what is missing", () => {
  const own = labelled(owner, ...amount(1.8, 500));
  const { reserve, resources } = taken(wanted({ reservation }), bundle([...amount(4, 1000), ports, ...own]));
  expect(reserve.map(({ name, scalar }) => [name, scalar?.value])).toEqual([
    ["ports", undefined],
    ["cpus", 0.2],
  ]);
  expect(Resources.equal(Resources.allocatedTo("cke", own).concat(reserve), resources.flat())).toBe(true);
});

test.each<readonly [string, ReservationOwner]>([
  ["another node", { ...owner, unit: "other" }],
  ["an earlier life of the node", { ...owner, instance: "i0" }],
  ["another framework", { ...owner, framework: "cke-2" }],
])("B20: what is reserved for %s is never used", (_title, who) => {
  const others = labelled(who, ...amount(4, 1000));
  const words = "keeps cpus 4, mem 1000 for other units";
  for (const use of [reservation, undefined]) {
    expect(refusals(wanted({ reservation: use }), bundle([...amount(1, 100), ports, ...others]))).toEqual([
      "cpus: has cpus 1 of 2",
      "mem: has mem 100 of 500",
      `reservation: ${words}`,
    ]);
  }
});

test("B20: a node that is tied to its home waits for its own reservation rather than reserving twice", () => {
  const half = labelled(owner, ...amount(0.5, 100));
  const offered = () => bundle([...amount(9, 9000), ports, ...half]);
  const tied = wanted({ reservation: held(2, 500), homeOnly: true });
  expect(refusals(tied, offered())).toEqual([
    "reservation: does not offer all that is reserved for it there yet: has cpus 0.5 of 2, has mem 100 of 500",
  ]);
  // Free to go elsewhere, or never reserved on this agent, or grown since: nothing to wait for.
  expect(refusals(wanted({ reservation: held(2, 500) }), offered())).toEqual([]);
  expect(refusals(wanted({ reservation: held(2, 500, "S-b"), homeOnly: true }), offered())).toEqual([]);
  expect(refusals(wanted({ reservation: held(0.5, 100), homeOnly: true }), offered())).toEqual([]);
});

test("B19: nothing is reserved for role *", () => {
  expect(
    refusals(wanted({ reservation, parts: [{ cpus: 1, mem: 1, ports: [] }] }), bundle(amount(9, 900), "*")),
  ).toContain('reservation: offers role "*", for which nothing can be reserved');
});

test("B19: what is reserved for a parent role is refined, what is for the role itself cannot be", () => {
  const parts = [{ cpus: 1, mem: 100, ports: [] }];
  const offered = bundle(static_("org", ...amount(4, 400)), "org/k8s");
  const { reserve } = taken(wanted({ reservation, parts }), offered);
  expect(reserve[0]?.reservations?.map(({ type, role }) => [type, role])).toEqual([
    ["STATIC", "org"],
    ["DYNAMIC", "org/k8s"],
  ]);
  const whole = bundle(static_("org/k8s", ...amount(4, 400)), "org/k8s");
  expect(refusals(wanted({ reservation, parts }), whole)).toContain(
    "reservation: has cpus 4, mem 400 reserved for all of role org/k8s, which cannot be reserved for one unit: use a role below it, like org/k8s/k8s",
  );
  expect(refusals(wanted({ parts }), whole)).toEqual([]);
});

test("a clean-up uses what its node has reserved, and reserves nothing", () => {
  const parts = [{ cpus: 1, mem: 100, ports: [] }];
  const offered = bundle([...amount(0.4, 400), ...labelled(owner, ...amount(0.6, 10))]);
  expect(taken(wanted({ reservation: { owner, reserve: false }, parts }), offered).reserve).toEqual([]);
});
