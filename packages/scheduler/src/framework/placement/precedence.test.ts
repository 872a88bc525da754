// Large and small clusters on full agents: no cluster waits for ever.
import { type Offer, Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { matchOffers } from "./offer-matching.ts";
import { agedMs, cycleMs, type Precedence, precedenceAt, precedenceMs } from "./precedence.ts";
import { quorumSize } from "./quorum.ts";

const candidates = [
  { workload: "old", sinceMs: 0 },
  { workload: "young", sinceMs: 100_000 },
];

test.each<[string, number, string | undefined]>([
  ["before anybody has waited for long", agedMs - 1, undefined],
  ["the oldest", agedMs, "old"],
  ["then nobody's", agedMs + precedenceMs, undefined],
  ["in the next cycle again", 2 * cycleMs, "old"],
  ["when two have waited for long, one after the other", 3 * cycleMs, "young"],
  ["and so on", 4 * cycleMs, "old"],
])("who has precedence: %s", (_what, now, workload) => {
  expect(precedenceAt(candidates, undefined, now)?.workload).toBe(workload);
});

test("precedence is not cut short by others, and ends with its cluster", () => {
  const now = 10 * cycleMs;
  const before: Precedence = { workload: "young", cycle: 10, untilMs: now + precedenceMs, agents: new Set(["S-a"]) };
  expect(precedenceAt(candidates, before, now + 1)).toBe(before);
  expect(precedenceAt(candidates.slice(0, 1), before, now + 1)?.workload).toBe("old");
  expect(precedenceAt(candidates, before, now + cycleMs)?.agents.size).toBe(0);
  expect(precedenceAt([], before, now)).toBeUndefined();
});

const request = (id: string, mem: number, masters: number, sinceMs: number): PlacementRequest => ({
  id,
  workload: id.split("/")[0] ?? "",
  host: "*",
  attributes: [],
  roles: [],
  parts: [{ cpus: 1, mem, ports: [] }],
  home: "",
  homeOnly: false,
  spread: true,
  cleanup: false,
  quorum: { word: "masters", stateful: masters, size: quorumSize(masters), placed: 0, waiting: [] },
  sinceMs,
});
const offer = (host: string, mem: number): Offer => ({
  id: { value: `o-${host}` },
  framework_id: { value: "f" },
  agent_id: { value: `S-${host}` },
  hostname: host,
  allocation_info: { role: "cke" },
  resources: Resources.allocatedTo("cke", [Resources.scalar("cpus", 100 - mem / 1_000), Resources.scalar("mem", mem)]),
});

test("while it has precedence the agents that come nearest are kept for it, and no others; what is owed a place is not kept off", () => {
  const now = 2 * cycleMs;
  const big = [request("big/m1", 900, 3, 0), request("big/m2", 900, 3, 0), request("big/m3", 900, 3, 0)];
  const small = request("small/m", 100, 1, now - 1_000);
  const returning = { ...request("back/m", 100, 1, now), home: "b", homeOnly: true };
  const offers = [offer("a", 500), offer("b", 600), offer("c", 950)];
  const moment = { now, precedence: undefined };
  const result = matchOffers([...big, small, returning], offers, new Map(), moment);
  expect(result.precedence).toMatchObject({ workload: "big", agents: new Set(["S-c", "S-a"]) });
  expect(result.placements.map(({ request: { id }, hostname }) => `${id} ${hostname}`)).toEqual([
    "back/m b",
    "small/m b",
  ]);
  // Nothing else is offered: it is told why.
  const again = matchOffers([...big, small], [offer("a", 500)], new Map(), {
    now: now + 1_000,
    precedence: result.precedence,
  });
  expect(again.placements).toEqual([]);
  expect(again.refusals.get("small/m")?.[0]).toMatchObject({
    kind: "kept",
    words: "is kept for big, which has waited for longer, until 1970-01-01T00:25:00.000Z",
  });
  expect(
    matchOffers([...big, small], [offer("a", 500)], new Map(), {
      now: now + precedenceMs,
      precedence: result.precedence,
    }).placements,
  ).toHaveLength(1);
});

function seeded(seed: number) {
  let state = seed >>> 0;
  return (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * Hosts of 1000 MiB full of small clusters of 250 MiB that live for some minutes; more of them always wait. `impossible`
 * clusters of two masters of 1500 MiB never fit; one of two masters of 900 MiB could.
 */
function crowd(seed: number, impossible: number) {
  const below = seeded(seed);
  const hosts = ["a", "b", "c"];
  const endMs = (now: number) => now + 120_000 + below(600_000);
  const running = hosts.flatMap((host) => [1, 2, 3, 4].map(() => ({ host, endMs: endMs(0) })));
  let precedence: Precedence | undefined;
  let waiting: PlacementRequest[] = Array.from({ length: impossible }, (_, index) =>
    ["m1", "m2"].map((name) => request(`never${index}/${name}`, 1_500, 2, 0)),
  ).flat();
  waiting.push(...["m1", "m2"].map((name) => request(`big/${name}`, 900, 2, 60_000)));
  let [count, bigAtMs, longestMs] = [0, 0, 0];
  for (let now = 120_000; now < 24 * 3_600_000; ) {
    for (let index = running.length - 1; index >= 0; index -= 1)
      if ((running[index]?.endMs ?? 0) <= now) running.splice(index, 1);
    while (waiting.filter(({ workload }) => workload.startsWith("s")).length < 3)
      waiting.push(request(`s${++count}/m`, 250, 1, now));
    const offers = hosts.map((host) => offer(host, 1_000 - 250 * running.filter((one) => one.host === host).length));
    const result = matchOffers(waiting, offers, new Map(), { now, precedence });
    precedence = result.precedence;
    for (const { request: placed, hostname } of result.placements) {
      if (placed.workload === "big") bigAtMs = now;
      else {
        running.push({ host: hostname, endMs: endMs(now) });
        longestMs = Math.max(longestMs, now - (placed.sinceMs ?? now));
      }
    }
    const gone = new Set(result.placements.map(({ request: { id } }) => id));
    waiting = waiting.filter(({ id }) => !gone.has(id));
    if (bigAtMs > 0) break;
    // Until one of these moments every match would give the same.
    const ends = running.map((one) => one.endMs);
    const aged = waiting.map(({ sinceMs = 0 }) => sinceMs + agedMs).filter((moment) => moment > now);
    const cycle = Math.floor(now / cycleMs) * cycleMs;
    const turns = [cycle + precedenceMs, cycle + cycleMs].filter((moment) => moment > now);
    const placed = result.placements.length > 0 ? [now + 1] : [];
    now = Math.ceil(Math.min(...ends, ...aged, ...turns, ...placed) / 10_000) * 10_000;
  }
  return { bigAtMs, longestMs, small: count };
}

test.each(Array.from({ length: 8 }, (_, index) => index + 1))(
  "a large cluster among small ones that come and go gets its capacity, and they go on: seed %i",
  (seed) => {
    const { bigAtMs, longestMs, small } = crowd(seed, seed % 3);
    expect(bigAtMs).toBeGreaterThan(0);
    expect(small).toBeGreaterThan(10);
    // One time of precedence, and what the others before it in the queue take.
    expect(longestMs).toBeLessThanOrEqual(precedenceMs + 1_200_000);
  },
);
