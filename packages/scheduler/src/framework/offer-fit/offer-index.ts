// Orders offers and finds them by place, so that a request looks at few of them: those that it is tied to, or the best
// ones first. During a match the rest of a bundle only shrinks.
import { type Resource, Resources } from "@cke/mesos";
import type { OfferBundle } from "./offer-bundle.ts";
import { comparePreference, homesOf, preference } from "./offer-fitness.ts";
import type { PlacementRequest } from "./placement-request.ts";

const { scalarOf } = Resources;

interface Entry {
  readonly bundle: OfferBundle;
  /** Position among the offers; it decides between equals. */
  readonly position: number;
  /** Totals of the rest. No request that needs more can get it. */
  cpus: number;
  mem: number;
}

export interface Candidate {
  readonly bundle: OfferBundle;
  /** True for a bundle that is refused for certain. It is only there for the explanation. */
  readonly certain: boolean;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const before = (left: Entry, right: Entry) => right.cpus - left.cpus || left.position - right.position;
const total = (request: PlacementRequest, of: "cpus" | "mem") =>
  request.parts.reduce((sum, part) => sum + Math.round(part[of] * 1_000), 0) / 1_000;

export class OfferIndex {
  /** Most cpus first, then in the order of the offers. */
  readonly #sorted: Entry[];
  readonly #entries = new Map<OfferBundle, Entry>();
  readonly #byAgent = new Map<string, Entry[]>();
  /** By hostname and by every address, in lower case. */
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

  /** Every bundle that may fit, in the order of preference; and up to `told` of the others, for the explanation. */
  *candidates(request: PlacementRequest, told: number): Generator<Candidate, void> {
    const tied = this.#tied(request);
    const first = tied ?? this.#favourites(request);
    const ranked = first
      .map((entry) => ({ entry, rank: preference(request, entry.bundle) }))
      .sort((left, right) => comparePreference(left.rank, right.rank) || left.entry.position - right.entry.position);
    const [cpus, mem] = [total(request, "cpus"), total(request, "mem")];
    const isTooSmall = (entry: Entry) => entry.cpus < cpus || entry.mem < mem;
    for (const { entry } of ranked) yield { bundle: entry.bundle, certain: isTooSmall(entry) };
    const done = new Set(first);
    const later: Entry[] = [];
    let hopeless = 0;
    for (const entry of this.#sorted) {
      if (done.has(entry)) continue;
      // From here on all bundles have too few cpus, or are not where the request is tied to.
      if (tied !== undefined || entry.cpus < cpus) hopeless += 1;
      if (hopeless > told) break;
      if (tied === undefined && request.spread && entry.bundle.stateful.has(request.workload)) later.push(entry);
      else yield { bundle: entry.bundle, certain: tied !== undefined || isTooSmall(entry) };
    }
    for (const entry of later) yield { bundle: entry.bundle, certain: isTooSmall(entry) };
  }

  /** Something was taken from the bundle; `rest` is left. */
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

  /** The only bundles that the request may get; undefined when it is not tied to a place. */
  #tied(request: PlacementRequest): readonly Entry[] | undefined {
    if (request.executor !== undefined) return this.#byAgent.get(request.executor.agentId) ?? [];
    if (request.host !== "*") return this.#byAddress.get(request.host.toLowerCase()) ?? [];
    if (!request.homeOnly) return undefined;
    return homesOf(request).flatMap((home) => this.#byHostname.get(home.toLowerCase()) ?? []);
  }

  /** Bundles that are preferred to all others, whatever is left of them. */
  #favourites(request: PlacementRequest): readonly Entry[] {
    const home = request.home === "" ? [] : (this.#byHostname.get(request.home.toLowerCase()) ?? []);
    const held = request.reservation?.held;
    const kept = held === undefined ? [] : (this.#byAgent.get(held.agentId) ?? []);
    return [...new Set([...home, ...kept])].filter(({ bundle }) => {
      const [away, unkept] = preference(request, bundle);
      return away === 0 || unkept === 0;
    });
  }
}
