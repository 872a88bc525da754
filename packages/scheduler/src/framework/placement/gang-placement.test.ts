// Masters first, a quorum of them at once, everything else of the cluster after them: tables, and properties from seeds.
import { type Offer, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import type { PlacementRequest, Quorum } from "../offer-fit/placement-request.ts";
import { matchOffers } from "./offer-matching.ts";
import { missingOf, quorumSize } from "./quorum.ts";

const quorum = (masters: number, more: Partial<Quorum> = {}): Quorum => ({
  stateful: masters,
  word: "masters",
  size: quorumSize(masters),
  placed: 0,
  waiting: [],
  ...more,
});

const request = (id: string, mem: number, overrides: Partial<PlacementRequest> = {}): PlacementRequest => ({
  id,
  workload: id.split("/")[0] ?? "",
  host: "*",
  attributes: [],
  roles: [],
  parts: [{ cpus: 1, mem, ports: [] }],
  home: "",
  homeOnly: false,
  spread: id.includes("/m"),
  cleanup: false,
  ...overrides,
});

const offer = (host: string, mem: number, cpus = 64): Offer => ({
  id: { value: `o-${host}` },
  framework_id: { value: "f" },
  agent_id: { value: `agent-${host}` },
  hostname: host,
  allocation_info: { role: "cke" },
  resources: Resources.allocatedTo("cke", [Resources.scalar("cpus", cpus), Resources.scalar("mem", mem)]),
});

const match = (requests: readonly PlacementRequest[], offers: readonly Offer[]) =>
  matchOffers(requests, offers, new Map());
const placed = ({ placements }: ReturnType<typeof match>) => placements.map(({ request: { id } }) => id).sort();

test.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
])("a quorum of %i masters is %i", (masters, size) => {
  expect(quorumSize(masters)).toBe(size);
});

test("a worker does not take the memory that its master waits for, although it stands before it", () => {
  const of = { quorum: quorum(1) };
  const requests = [request("c/n", 900, { ...of, host: "a" }), request("c/m", 1_000, of)];
  expect(placed(match(requests, [offer("a", 1_000)]))).toEqual(["c/m"]);
  expect(placed(match(requests, [offer("a", 1_900)]))).toEqual(["c/m", "c/n"]);
});

test("the rest of a quorum that has begun goes before what older clusters still lack", () => {
  const begun = { quorum: quorum(3, { placed: 1 }) };
  const requests = [
    request("a/n", 1_000, { quorum: quorum(3, { placed: 3 }), host: "x" }),
    request("b/m2", 1_000, begun),
    request("b/m3", 1_000, begun),
  ];
  expect(placed(match(requests, [offer("x", 1_000)]))).toEqual(["b/m2"]);
  expect(placed(match(requests, [offer("x", 2_000), offer("y", 1_000)]))).toEqual(["a/n", "b/m2", "b/m3"]);
  // A master that returns to its data comes before it.
  const returning = request("a/m", 1_000, { quorum: quorum(3, { placed: 3 }), host: "x", home: "x", homeOnly: true });
  expect(placed(match([...requests, returning], [offer("x", 1_000)]))).toEqual(["a/m"]);
});

test("nothing of a cluster is placed whose masters do not fit, and it says why", () => {
  const of = { quorum: quorum(2) };
  const requests = [
    request("c/m1", 2_016, of),
    request("c/m2", 2_016, of),
    request("c/n", 100, of),
    request("c/console", 100, of),
    request("d/n", 100, { quorum: quorum(1, { placed: 1 }) }),
  ];
  const result = match(requests, [offer("a", 2_500), offer("b", 1_000)]);
  expect(placed(result)).toEqual(["d/n"]);
  const words = "waits for its masters: 1 of 2 fit: m2 has mem 1000 of 2016 on host b";
  expect(result.prerequisites.get("c/n")).toEqual({ kind: "quorum", words });
  expect(result.prerequisites.get("c/console")?.words).toBe(words);
  expect(result.prerequisites.get("c/m1")?.words).toBe(`fits on host a, and ${words}`);
  expect(result.refusals.get("c/m2")?.map(({ hostname, words }) => `${hostname} ${words}`)).toEqual([
    "b has mem 1000 of 2016",
    "a has mem 484 of 2016",
  ]);
  expect(result.unused).toEqual(["o-b"]);
});

test("all of the quorum at once, and more of the masters where there is capacity", () => {
  const of = { quorum: quorum(3) };
  const masters = ["m1", "m2", "m3"].map((name) => request(`c/${name}`, 1_000, of));
  expect(placed(match(masters, [offer("a", 1_000)]))).toEqual([]);
  expect(placed(match(masters, [offer("a", 1_000), offer("b", 1_000)]))).toEqual(["c/m1", "c/m2"]);
  expect(placed(match(masters, [offer("a", 2_000)]))).toEqual(["c/m1", "c/m2"]);
  expect(placed(match(masters, [offer("a", 3_000)]))).toEqual(["c/m1", "c/m2", "c/m3"]);
});

test("masters that run count, and those that return to their data", () => {
  const one = { quorum: quorum(3, { placed: 1 }) };
  expect(placed(match([request("c/m2", 1_000, one), request("c/n", 10, one)], [offer("a", 1_010)]))).toEqual([
    "c/m2",
    "c/n",
  ]);
  const returning = { quorum: quorum(1, { placed: 1 }), home: "a", homeOnly: true };
  const requests = [request("b/m", 1_000, { quorum: quorum(1) }), request("c/m", 1_000, returning)];
  expect(placed(match(requests, [offer("a", 1_000)]))).toEqual(["c/m"]);
});

test("masters that do not even wait for an offer are named with their reason", () => {
  const of = { quorum: quorum(2, { waiting: ["m1: launch 2 failed: no such image"] }) };
  const result = match([request("c/m2", 10, of), request("c/n", 10, of)], [offer("a", 1_000)]);
  expect(placed(result)).toEqual([]);
  expect(result.prerequisites.get("c/n")?.words).toBe(
    "waits for its masters: 1 of 2 fit: m1: launch 2 failed: no such image",
  );
});

test("the half of two clusters is given to the older one, whole", () => {
  const workload = (name: string) => [1, 2].map((index) => request(`${name}/m${index}`, 1_000, { quorum: quorum(2) }));
  const offers = [offer("a", 1_000), offer("b", 1_000)];
  expect(placed(match([...workload("old"), ...workload("young")], offers))).toEqual(["old/m1", "old/m2"]);
});

test("masters of different sizes: the large first, or the small ones that make a quorum", () => {
  const of = { quorum: quorum(3) };
  const sizes = (...list: readonly number[]) => list.map((mem, index) => request(`c/m${index + 1}`, mem, of));
  expect(placed(match(sizes(1, 3, 3), [offer("a", 3, 9), offer("b", 1, 8)]))).toEqual(["c/m1", "c/m2"]);
  expect(placed(match(sizes(4, 2, 2), [offer("a", 4)]))).toEqual(["c/m2", "c/m3"]);
});

test("two clusters alike: what holds for the first one's masters is told of the second one's", () => {
  const workload = (name: string) => [1, 2].map((index) => request(`${name}/m${index}`, 700, { quorum: quorum(2) }));
  const result = match([...workload("c"), ...workload("d")], [offer("a", 1_000)]);
  expect(placed(result)).toEqual([]);
  expect(result.prerequisites.get("d/m1")?.words).toContain("1 of 2 fit: m2 has mem 300 of 700 on host a");
  expect(result.refusals.has("d/m2")).toBe(true);
});

function seeded(seed: number) {
  let state = seed >>> 0;
  return (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

interface World {
  readonly requests: readonly PlacementRequest[];
  readonly offers: readonly Offer[];
}

function worldOf(seed: number): World {
  const below = seeded(seed * 7_919);
  const hosts = 1 + below(5);
  const offers = Array.from({ length: hosts }, (_, index) => offer(`h${index}`, 500 * (1 + below(8)), 1 + below(12)));
  const requests = Array.from({ length: 1 + below(6) }, (_, workload) => {
    const masters = 1 + below(3);
    const placedMasters = below(3) === 0 ? below(masters + 1) : 0;
    const of = { quorum: quorum(masters, { placed: placedMasters }) };
    const size = 500 * (1 + below(4));
    const host = () => (below(4) === 0 ? `h${below(hosts)}` : "*");
    const workers = Array.from({ length: below(4) }, (_, index) =>
      request(`c${workload}/n${index}`, 250 * (1 + below(6)), { ...of, host: host() }),
    );
    const waiting = Array.from({ length: masters - placedMasters }, (_, index) =>
      request(`c${workload}/m${index}`, size, { ...of, host: host() }),
    );
    return below(2) === 0 ? [...workers, ...waiting] : [...waiting, ...workers];
  }).flat();
  return { requests, offers };
}

/** By trying every place for every master: what a quorum of one cluster alone can have. */
function quorumFits(masters: readonly PlacementRequest[], missing: number, offers: readonly Offer[]): boolean {
  const free = offers.map(({ hostname, resources = [] }) => ({
    hostname,
    cpus: Resources.scalarOf(resources, "cpus"),
    mem: Resources.scalarOf(resources, "mem"),
  }));
  const search = (index: number, left: number): boolean => {
    if (left === 0) return true;
    const master = masters[index];
    if (master === undefined) return false;
    const [part] = master.parts;
    for (const agent of free) {
      const { cpus = 0, mem = 0 } = part ?? {};
      if ((master.host !== "*" && master.host !== agent.hostname) || agent.cpus < cpus || agent.mem < mem) continue;
      agent.cpus -= cpus;
      agent.mem -= mem;
      const found = search(index + 1, left - 1);
      agent.cpus += cpus;
      agent.mem += mem;
      if (found) return true;
    }
    return search(index + 1, left);
  };
  return search(0, missing);
}

test.each(Array.from({ length: 300 }, (_, index) => index + 1))(
  "never a worker without its quorum, and no deadlock: seed %i",
  (seed) => {
    const { requests, offers } = worldOf(seed);
    const { placements, prerequisites } = match(requests, offers);
    const masters = (workload: string, list: readonly PlacementRequest[]) =>
      list.filter((each) => each.workload === workload && each.spread);
    const now = placements.map((placement) => placement.request);
    for (const workload of new Set(requests.map((each) => each.workload))) {
      const missing = missingOf(requests.find((each) => each.workload === workload)?.quorum);
      const got = masters(workload, now).length;
      if (missing > 0) expect(got === 0 || got >= missing).toBe(true);
      if (got < missing) expect(now.filter((each) => each.workload === workload)).toEqual([]);
      for (const each of requests.filter((one) => one.workload === workload && !one.spread))
        expect(prerequisites.has(each.id)).toBe(got < missing);
    }
    for (const { hostname, resources = [] } of offers) {
      const here = placements.filter((placement) => placement.hostname === hostname);
      const taken = here.flatMap((placement) => placement.resources.flat());
      for (const name of ["cpus", "mem"])
        expect(Resources.scalarOf(taken, name)).toBeLessThanOrEqual(Resources.scalarOf(resources, name));
    }
    const couldBegin = [...new Set(requests.map((each) => each.workload))].some((workload) => {
      const waiting = masters(workload, requests);
      const missing = missingOf(waiting[0]?.quorum);
      return missing > 0 && quorumFits(waiting, missing, offers);
    });
    if (couldBegin) expect(placements.length).toBeGreaterThan(0);
  },
);
