import { type Offer, Resources } from "@cke/mesos";
import { describe, expect, it } from "vitest";
import { bundlesOf } from "../offer-fit/offer-bundle.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { isFree, SpreadWaits, spreadMs } from "./anti-affinity-waits.ts";

const offer = (host: string, mem = 10_000): Offer => ({
  id: { value: `O-${host}-${mem}` },
  framework_id: { value: "F" },
  agent_id: { value: `S-${host}` },
  hostname: host,
  allocation_info: { role: "*" },
  resources: [Resources.scalar("cpus", 4), Resources.scalar("mem", mem)],
});
const request = (more: Partial<PlacementRequest> = {}): PlacementRequest => ({
  id: "c/m2",
  workload: "c",
  host: "*",
  attributes: [],
  parts: [{ cpus: 1, mem: 2_000, ports: [] }],
  roles: [],
  home: "",
  homeOnly: false,
  cleanup: false,
  spread: true,
  ...more,
});
/** `masters`: agents that have a master of cluster c. */
const bundles = (masters: readonly string[]) => (offers: readonly Offer[]) =>
  bundlesOf(offers, new Map(masters.map((host) => [`S-${host}`, { ports: new Map(), stateful: new Set(["c"]) }])));
const placed = (host: string, mem: number): Placement => ({
  request: request(),
  agentId: `S-${host}`,
  hostname: host,
  role: "*",
  offerIds: [],
  resources: [[Resources.scalar("mem", mem)]],
  reserve: [],
  own: [],
});
const awaited = (waits: SpreadWaits, now: number, masters: readonly string[] = [], asked = request()) =>
  waits.of([asked], [offer("a")], bundles(masters), now)[0]?.awaits?.hostname;

describe("isFree", () => {
  it.each<[Partial<PlacementRequest>, boolean]>([
    [{}, true],
    [{ spread: false }, false],
    [{ host: "a" }, false],
    [{ home: "a", homeOnly: true }, false],
    [{ cleanup: true }, false],
  ])("%j: %s", (more, expected) => expect(isFree(request(more))).toBe(expected));
});

describe("SpreadWaits", () => {
  it("waits for an agent that had room, until the end of the time", () => {
    const waits = new SpreadWaits();
    waits.heard([offer("a"), offer("b")]);
    expect(awaited(waits, 1_000)).toBe("b");
    expect(awaited(waits, 1_000 + spreadMs - 1)).toBe("b");
    expect(awaited(waits, 1_000 + spreadMs)).toBeUndefined();
  });

  it.each<[string, (waits: SpreadWaits) => void, readonly string[], Partial<PlacementRequest>]>([
    ["never seen", () => {}, [], {}],
    ["with a master of it", (waits) => waits.heard([offer("b")]), ["b"], {}],
    ["without room", (waits) => waits.heard([offer("b", 1_000)]), [], {}],
    ["of another role", (waits) => waits.heard([offer("b")]), [], { roles: ["x"] }],
    [
      "lost",
      (waits) => {
        waits.heard([offer("b")]);
        waits.lost("S-b");
      },
      [],
      {},
    ],
    [
      "whose room is used since",
      (waits) => {
        waits.heard([offer("b", 3_000)]);
        waits.placed([placed("b", 2_000)]);
      },
      [],
      {},
    ],
  ])("does not wait for one that was %s", (_title, prepare, masters, more) => {
    const waits = new SpreadWaits();
    prepare(waits);
    expect(awaited(waits, 1_000, masters, request(more))).toBeUndefined();
  });

  it("counts anew for a request that was placed meanwhile", () => {
    const waits = new SpreadWaits();
    waits.heard([offer("b")]);
    expect(awaited(waits, 1_000)).toBe("b");
    waits.of([], [], bundles([]), 2_000);
    expect(awaited(waits, 1_000 + spreadMs)).toBe("b");
  });
});
