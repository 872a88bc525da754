import { expect, test } from "vitest";
import { bagText } from "../../resources/format.ts";
import { parseResources } from "../../resources/parse.ts";
import { type AllocationView, allocate, type Candidate, quantitiesOf } from "./allocator.ts";

const candidate = (frameworkId: string, role: string, allocated = "", wants = true): Candidate => ({
  frameworkId,
  role,
  allocated: () => quantitiesOf(parseResources(allocated)),
  refinesReservations: true,
  wants: () => wants,
});

const agents = (...resources: string[]): Pick<AllocationView, "agents" | "total"> => ({
  agents: resources.map((text, index) => ({ id: `S${index}`, available: parseResources(text) })),
  total: quantitiesOf(parseResources("cpus:10;mem:1000")),
});

const decided = (view: AllocationView) =>
  allocate(view).map(
    ({ frameworkId, role, agentId, resources }) => `${frameworkId}/${role} ${agentId} ${bagText(resources)}`,
  );

test.each<[string, AllocationView, string[]]>([
  ["nobody wants anything", { ...agents("cpus:1"), candidates: [candidate("f", "dev", "", false)] }, []],
  ["too small to offer", { ...agents("cpus:0.001;mem:31"), candidates: [candidate("f", "dev")] }, []],
  [
    "too small for the framework, though not for the master",
    {
      ...agents("cpus:5", "cpus:5;mem:16", "cpus:0.5;mem:900"),
      candidates: [{ ...candidate("f", "dev"), smallest: [{ cpus: 1, mem: 16 }] }],
    },
    ["f/dev S1 cpus(allocated: dev):5; mem(allocated: dev):16"],
  ],
  [
    "any of several bounds is enough",
    { ...agents("cpus:5", "mem:8"), candidates: [{ ...candidate("f", "dev"), smallest: [{ cpus: 1 }, { mem: 8 }] }] },
    ["f/dev S0 cpus(allocated: dev):5", "f/dev S1 mem(allocated: dev):8"],
  ],
  [
    "the poorer role is served first, then shares are equal",
    { ...agents("cpus:5", "cpus:5"), candidates: [candidate("a", "rich", "cpus:2"), candidate("b", "poor")] },
    ["b/poor S0 cpus(allocated: poor):5", "a/rich S1 cpus(allocated: rich):5"],
  ],
  [
    "frameworks of one role share it",
    { ...agents("cpus:5", "cpus:5"), candidates: [candidate("a", "dev"), candidate("b", "dev")] },
    ["a/dev S0 cpus(allocated: dev):5", "b/dev S1 cpus(allocated: dev):5"],
  ],
  [
    "a reservation goes to its role and to roles below it only",
    {
      ...agents("cpus(eng):5;mem:100"),
      candidates: [candidate("a", "dev"), candidate("b", "eng/web")],
    },
    ["a/dev S0 mem(allocated: dev):100", "b/eng/web S0 cpus(allocated: eng/web)(reservations: [(STATIC,eng)]):5"],
  ],
  [
    "ports come first, scalars last",
    { ...agents("cpus:5;ports:[1-2]"), candidates: [candidate("a", "dev")] },
    ["a/dev S0 ports(allocated: dev):[1-2]; cpus(allocated: dev):5"],
  ],
])("%s", (_name, view, expected) => {
  expect(decided(view)).toEqual(expected);
});
