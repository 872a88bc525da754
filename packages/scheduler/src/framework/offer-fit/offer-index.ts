// Offers in an order and by the places that needs ask for, so that a need looks at few of them: those it is tied to, or the
// best ones first. While a match is made what is left of a bundle only shrinks.
import { type Resource, Resources } from "@cke/mesos";
import type { OfferBundle } from "./offer-bundle.ts";
import { comparePreference, preference } from "./offer-fitness.ts";
import type { PlacementRequest } from "./placement-request.ts";

const { scalarOf } = Resources;

interface Entry {
  readonly bundle: OfferBundle;
  /** Position among the offers: decides between equals. */
  readonly position: number;
  /** Totals of what is left: more than that can be given to nobody. */
  cpus: number;
  mem: number;
}

export interface Candidate {
  readonly bundle: OfferBundle;
  /** True: this one is refused for certain, and is of interest for the words only. */
  readonly certain: boolean;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const before = (left: Entry, right: Entry) => right.cpus - left.cpus || left.position - right.position;
const total = (need: PlacementRequest, of: "cpus" | "mem") =>
  need.parts.reduce((sum, part) => sum + Math.round(part[of] * 1_000), 0) / 1_000;

export class OfferIndex {
  /** Most cpus first, then as offered. */
  readonly #sorted: Entry[];
  readonly #entries = new Map<OfferBundle, Entry>();
  readonly #byAgent = new Map<string, Entry[]>();
  /** Lower case; of the hostname and of every address. */
  readonly #byHostname = new Map<string, Entry[]>();
  readonly #byAddress = new Map<string, Entry[]>();

  constructor(bundles: readonly OfferBundle[]) {
    this.#sorted = bundles.map((bundle, position) => ({
      bundle,
      position,
      cpus: scalarOf(bundle.remaining, "cpus"),
      mem: scalarOf(bundle.remaining, "mem"),
    }));
    for (const entry of this.#sorted) {
      const { bundle } = entry;
      this.#entries.set(bundle, entry);
      push(this.#byAgent, bundle.agentId, entry);
      push(this.#byHostname, bundle.hostname.toLowerCase(), entry);
      for (const address of new Set(bundle.addresses.map((text) => text.toLowerCase())))
        push(this.#byAddress, address, entry);
    }
    this.#sorted.sort(before);
  }

  /**
   * Every bundle that may succeed, in the order of preference; and, for the words, `told` of those that cannot.
   */
  *candidates(need: PlacementRequest, told: number): Generator<Candidate, void> {
    const tied = this.#tied(need);
    const first = tied ?? this.#favourites(need);
    const ranked = first
      .map((entry) => ({ entry, rank: preference(need, entry.bundle) }))
      .sort((left, right) => comparePreference(left.rank, right.rank) || left.entry.position - right.entry.position);
    const [cpus, mem] = [total(need, "cpus"), total(need, "mem")];
    const isTooSmall = (entry: Entry) => entry.cpus < cpus || entry.mem < mem;
    for (const { entry } of ranked) yield { bundle: entry.bundle, certain: isTooSmall(entry) };
    const done = new Set(first);
    const later: Entry[] = [];
    let hopeless = 0;
    for (const entry of this.#sorted) {
      if (done.has(entry)) continue;
      // From here on all have too few cpus, or are not where the need is tied to.
      if (tied !== undefined || entry.cpus < cpus) hopeless += 1;
      if (hopeless > told) break;
      if (tied === undefined && need.spread && entry.bundle.masters.has(need.cluster)) later.push(entry);
      else yield { bundle: entry.bundle, certain: tied !== undefined || isTooSmall(entry) };
    }
    for (const entry of later) yield { bundle: entry.bundle, certain: isTooSmall(entry) };
  }

  /** Something was taken: what is left. */
  take(bundle: OfferBundle, rest: readonly Resource[]): void {
    const entry = this.#entries.get(bundle);
    if (entry === undefined) return;
    this.#sorted.splice(this.#sorted.indexOf(entry), 1);
    bundle.remaining = rest;
    entry.cpus = scalarOf(rest, "cpus");
    entry.mem = scalarOf(rest, "mem");
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sorted[middle];
      if (other !== undefined && before(other, entry) < 0) low = middle + 1;
      else high = middle;
    }
    this.#sorted.splice(low, 0, entry);
  }

  /** The only bundles where the need may go; undefined when it is not tied to a place. */
  #tied(need: PlacementRequest): readonly Entry[] | undefined {
    if (need.executor !== undefined) return this.#byAgent.get(need.executor.agentId) ?? [];
    if (need.host !== "*") return this.#byAddress.get(need.host.toLowerCase()) ?? [];
    return need.homeOnly ? (this.#byHostname.get(need.home.toLowerCase()) ?? []) : undefined;
  }

  /** Bundles that are preferred to all others, whatever is left of them. */
  #favourites(need: PlacementRequest): readonly Entry[] {
    const home = need.home === "" ? [] : (this.#byHostname.get(need.home.toLowerCase()) ?? []);
    const held = need.reservation?.held;
    const kept = held === undefined ? [] : (this.#byAgent.get(held.agentId) ?? []);
    return [...new Set([...home, ...kept])].filter(({ bundle }) => {
      const [away, unkept] = preference(need, bundle);
      return away === 0 || unkept === 0;
    });
  }
}
