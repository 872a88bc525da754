// Matches one batch of offers with waiting nodes: the cost of one OFFERS event after many agents came back. Half of the
// nodes fit anywhere, a quarter need certain hosts or attributes, and a quarter fit nowhere.
import { type Offer, Resources } from "@cke/mesos";
import type { PlacementRequest } from "@cke/scheduler/framework/offer-fit/placement-request";
import { matchOffers } from "@cke/scheduler/framework/placement/offer-matching";
import { median } from "../measurement/table.ts";

const { scalar, ranges, allocatedTo } = Resources;

const offers = (count: number): readonly Offer[] =>
  Array.from({ length: count }, (_, index) => ({
    id: { value: `O-${index}` },
    framework_id: { value: "F" },
    agent_id: { value: `S-${index}` },
    hostname: `agent-${index}`,
    allocation_info: { role: "cke" },
    resources: allocatedTo("cke", [
      scalar("cpus", 4 + (index % 13)),
      scalar("mem", 8_192 + (index % 7) * 4_096),
      ranges("ports", [{ begin: 31_000, end: 32_000 }]),
    ]),
    attributes: [{ name: "rack", type: "TEXT", text: { value: `r${index % 40}` } }],
  }));

function request(index: number): PlacementRequest {
  const kind = index % 8;
  const parts = [1, 2, 3, 4, 5].map((part) => ({ cpus: 0.5 + (index % 3) / 10, mem: 512 + part * 64, ports: [] }));
  const huge = { cpus: 17 + index / 1_000, mem: 1_024, ports: [] };
  return {
    id: `c${index >> 2}/n${index}`,
    workload: `c${index >> 2}`,
    host: kind === 4 ? `agent-${(index * 31) % 10_000}` : "*",
    attributes: kind === 5 ? [{ name: "rack", value: `r${index % 40}` }] : [],
    parts: kind === 6 ? [huge] : kind === 7 ? [{ ...huge, cpus: 1, mem: 900_000 + index }] : parts,
    roles: [],
    home: "",
    homeOnly: false,
    cleanup: false,
    spread: index % 4 === 0,
  };
}

export interface Matching {
  readonly ms: number;
  readonly placed: number;
  readonly refused: number;
}

/** The median of several runs; a first run warms up. */
export function measureMatching(offerCount: number, requestCount: number): Matching {
  const batch = offers(offerCount);
  const requests = Array.from({ length: requestCount }, (_, index) => request(index));
  const runs = Array.from({ length: 6 }, () => {
    const from = performance.now();
    const { placements, refusals } = matchOffers(requests, batch, new Map());
    return { ms: performance.now() - from, placed: placements.length, refused: refusals.size };
  });
  const [first] = runs;
  return { ms: median(runs.slice(1).map(({ ms }) => ms)), placed: first?.placed ?? 0, refused: first?.refused ?? 0 };
}
