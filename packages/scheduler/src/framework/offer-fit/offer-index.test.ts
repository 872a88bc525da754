// The fast matching does the same as the plain one: the same placements, resources and refusals, for seeded offers and
// requests of every kind.
import { type Offer, type Resource, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { matchOffers } from "../placement/offer-matching.ts";
import { matchPlainly } from "../testing/plain-matching.ts";
import type { PlacementRequest } from "./placement-request.ts";
import { refusalsTold } from "./placement-request.ts";

function seeded(seed: number) {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(...values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0];
  return { random, below, one };
}
type Random = ReturnType<typeof seeded>;

const { scalar, ranges, allocatedTo } = Resources;

function offerOf({ below, one }: Random, index: number, agents: number): Offer {
  const agent = below(agents);
  const role = one("cke", "cke", "other");
  const resources: Resource[] = [scalar("cpus", one(0.5, 2, 4, 8, 8, 16)), scalar("mem", one(512, 4_096, 16_384))];
  if (below(3) > 0) resources.push(ranges("ports", [{ begin: 31_000, end: 31_000 + below(6) }]));
  return {
    id: { value: `O-${index}` },
    framework_id: { value: "F" },
    agent_id: { value: `S-${agent}` },
    hostname: `Host-${agent}`,
    allocation_info: { role },
    resources: allocatedTo(role, resources),
    attributes: agent % 3 === 0 ? [] : [{ name: "rack", type: "TEXT", text: { value: `r${agent % 3}` } }],
    executor_ids: agent % 2 === 0 ? [{ value: "cke.c1.n.i" }] : [],
  };
}

function requestOf({ below, one, random }: Random, index: number, agents: number): PlacementRequest {
  const agent = below(agents + 1);
  const tie = one("", "", "", "host", "home", "executor");
  const part = () => ({ cpus: one(0.1, 1, 3), mem: one(64, 1_024, 4_000), ports: [] });
  return {
    id: `c${below(4)}/n${index}`,
    workload: `c${below(4)}`,
    host: tie === "host" ? one(`host-${agent}`, `HOST-${agent}`) : "*",
    attributes: random() < 0.2 ? [{ name: "rack", value: one("r1", "r2", "r9") }] : [],
    parts: [part(), { ...part(), ports: random() < 0.3 ? [31_000 + below(8)] : [] }, part()].slice(below(2)),
    roles: random() < 0.3 ? [one("cke", "other", "none")] : [],
    executor:
      tie === "executor"
        ? { agentId: `S-${agent}`, hostname: `Host-${agent}`, executorId: "cke.c1.n.i", role: "cke" }
        : undefined,
    home: tie === "home" || random() < 0.2 ? `host-${agent}` : "",
    homeOnly: tie === "home",
    cleanup: false,
    spread: random() < 0.4,
    avoid: random() < 0.1 ? [`S-${below(agents)}`] : [],
  };
}

const plain = (placements: ReturnType<typeof matchOffers>["placements"]) =>
  placements.map(({ request, ...rest }) => ({ request: request.id, ...rest }));
const sorted = (list: readonly object[]) => list.map((item) => JSON.stringify(item)).sort();

test.each(Array.from({ length: 150 }, (_, seed) => seed + 1))("the same as the plain algorithm: seed %i", (seed) => {
  const random = seeded(seed * 7_919);
  const agents = 1 + random.below(30);
  const offers = Array.from({ length: random.below(60) }, (_, index) => offerOf(random, index, agents));
  const requests = Array.from({ length: random.below(40) }, (_, index) => requestOf(random, index, agents));
  const uses = new Map([["S-1", { ports: new Map([[31_001, "c9/n"]]), stateful: new Set(["c1"]) }]]);
  const [quick, slow] = [matchOffers(requests, offers, uses), matchPlainly(requests, offers, uses)];
  expect(plain(quick.placements)).toEqual(plain(slow.placements));
  expect(quick.unused).toEqual(slow.unused);
  expect([...quick.refusals.keys()]).toEqual([...slow.refusals.keys()]);
});

test("with few agents every refusal is told, the nearest first; with many no more than a person can read", () => {
  const random = seeded(5);
  const offers = Array.from({ length: 400 }, (_, index) => ({
    ...offerOf(random, index, 400),
    hostname: `h-${index}`,
  }));
  const request = {
    ...requestOf(random, 1, 400),
    host: "h-7",
    attributes: [],
    roles: [],
    avoid: [],
    executor: undefined,
  };
  const big = { ...request, homeOnly: false, parts: [{ cpus: 900, mem: 1, ports: [] }] };
  const few = matchOffers([big], offers.slice(0, 50), new Map()).refusals.get(big.id) ?? [];
  expect(sorted(few)).toEqual(sorted(matchPlainly([big], offers.slice(0, 50), new Map()).refusals.get(big.id) ?? []));
  expect(few[0]).toMatchObject({ hostname: "h-7", kind: "cpus" });
  const many = matchOffers([big], offers, new Map()).refusals.get(big.id) ?? [];
  expect(new Set(many.map(({ agentId }) => agentId)).size).toBeLessThanOrEqual(refusalsTold);
  expect(many[0]).toMatchObject({ hostname: "h-7", kind: "cpus" });
});
