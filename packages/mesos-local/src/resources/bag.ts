// Arithmetic of resources. A bag is a list of resources in the post-reservation-refinement format (no `role`, no
// `reservation`), at most one per key; the key is everything but the amount. Scalars keep three decimals, as in Mesos.
import type { Range, Resource } from "@cke/mesos";

export type Bag = readonly Resource[];

/** What makes resources addable beside name, type and role; undefined for nearly all of them, which have nothing else. */
function furtherKey({ reservations, provider_id, disk, revocable, shared }: Resource): string | undefined {
  if ((reservations?.length ?? 0) === 0 && !provider_id && !disk && !revocable && !shared) return undefined;
  return JSON.stringify([
    (reservations ?? []).map(({ role, type: kind, principal, labels }) => [role, kind, principal, labels]),
    provider_id?.value ?? null,
    disk ?? null,
    revocable !== undefined,
    shared !== undefined,
  ]);
}

/** A resource whose amount is being counted. */
interface Counted {
  readonly resource: Resource;
  readonly further: string | undefined;
  /** True when the amount is that of the resource itself. */
  same: boolean;
  thousandths: number;
  ranges: readonly Range[];
  items: readonly string[];
}

/** Counts amounts by key, in the order in which the keys came. A bag has few keys, so that a list of them is the fastest. */
class Count {
  readonly #counted: Counted[] = [];

  constructor(bag: Bag) {
    this.add(bag);
  }

  add(bag: Bag): void {
    for (const resource of bag) {
      const further = furtherKey(resource);
      const present = this.#find(resource, further);
      const [thousandths, ranges, items] = [thousandsOf(resource), rangesOf(resource), itemsOf(resource)];
      if (present === undefined) {
        const same = resource.type === "SCALAR" && thousandths / 1000 === resource.scalar?.value;
        const set = resource.type === "SET" ? [...new Set(items)] : items;
        const merged = resource.type === "RANGES" ? mergeRanges(ranges) : ranges;
        this.#counted.push({ resource, further, same, thousandths, ranges: merged, items: set });
        continue;
      }
      present.same = false;
      present.thousandths += thousandths;
      if (ranges.length > 0) present.ranges = mergeRanges([...present.ranges, ...ranges]);
      if (items.length > 0) present.items = [...new Set([...present.items, ...items])];
    }
  }

  /** Amounts stop at zero. */
  subtract(bag: Bag): void {
    for (const resource of bag) {
      const present = this.#find(resource, furtherKey(resource));
      if (present === undefined) continue;
      present.same = false;
      present.thousandths = Math.max(0, present.thousandths - thousandsOf(resource));
      const [ranges, items] = [rangesOf(resource), itemsOf(resource)];
      if (ranges.length > 0) present.ranges = subtractRanges(present.ranges, ranges);
      if (items.length > 0) present.items = present.items.filter((item) => !items.includes(item));
    }
  }

  contains(wanted: Count): boolean {
    return wanted.#counted.every((one) => {
      if (isNothing(one)) return true;
      const present = this.#find(one.resource, one.further);
      return present !== undefined && !isNothing(present) && holds(present, one);
    });
  }

  bag(): Bag {
    const bag: Resource[] = [];
    for (const one of this.#counted) if (!isNothing(one)) bag.push(one.same ? one.resource : withAmount(one));
    return bag;
  }

  #find(resource: Resource, further: string | undefined): Counted | undefined {
    const { name, type } = resource;
    const role = resource.allocation_info?.role;
    for (const one of this.#counted) {
      const { resource: other } = one;
      if (other.name !== name || other.type !== type || one.further !== further) continue;
      if (other.allocation_info?.role === role) return one;
    }
    return undefined;
  }
}

/** `a + b`; entries of `a` keep their place, new keys follow in the order of `b`. */
export function addBags(a: Bag, b: Bag): Bag {
  const sum = new Count(a);
  sum.add(b);
  return sum.bag();
}

/** `a - b` where `b` may hold more than `a`: amounts stop at zero. */
export function subtractBags(a: Bag, b: Bag): Bag {
  const left = new Count(a);
  left.subtract(b);
  return left.bag();
}

/** True when `b` fits into `a`. */
export const containsBag = (a: Bag, b: Bag): boolean => new Count(a).contains(new Count(b));

export function sumBags(bags: Iterable<Bag>): Bag {
  const sum = new Count([]);
  for (const bag of bags) sum.add(bag);
  return sum.bag();
}

/** The same resources, allocated to a role. */
export const allocateTo = (bag: Bag, role: string): Bag =>
  bag.map((resource) => ({ ...resource, allocation_info: { role } }));

/** The same resources without their allocation. */
export function unallocated(bag: Bag): Bag {
  return addBags(
    bag.map(({ allocation_info: _, ...resource }) => resource),
    [],
  );
}

/** Amount of a scalar by name over all keys. */
export function scalarOf(bag: Bag, name: string): number {
  const thousandths = bag.reduce(
    (sum, resource) => sum + (resource.name === name ? thousands(resource.scalar?.value ?? 0) : 0),
    0,
  );
  return thousandths / 1000;
}

/** Sorted, disjoint, touching ranges joined. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: { begin: number; end: number }[] = [];
  for (const { begin, end } of [...ranges].sort((a, b) => a.begin - b.begin)) {
    if (end < begin) continue;
    const last = merged.at(-1);
    if (last !== undefined && begin <= last.end + 1) last.end = Math.max(last.end, end);
    else merged.push({ begin, end });
  }
  return merged;
}

function subtractRanges(from: readonly Range[], taken: readonly Range[]): Range[] {
  return mergeRanges(taken).reduce<Range[]>(
    (left, cut) =>
      left.flatMap((range) =>
        cut.end < range.begin || cut.begin > range.end
          ? [range]
          : [
              { begin: range.begin, end: cut.begin - 1 },
              { begin: cut.end + 1, end: range.end },
            ].filter(({ begin, end }) => begin <= end),
      ),
    mergeRanges(from),
  );
}

const thousands = (value: number) => Math.round(value * 1000);
const noRanges: readonly Range[] = [];
const noItems: readonly string[] = [];
const thousandsOf = ({ type, scalar }: Resource) => (type === "SCALAR" ? thousands(scalar?.value ?? 0) : 0);
const rangesOf = ({ type, ranges }: Resource) => (type === "RANGES" ? (ranges?.range ?? noRanges) : noRanges);
const itemsOf = ({ type, set }: Resource) => (type === "SET" ? (set?.item ?? noItems) : noItems);

function withAmount({ resource, thousandths, ranges, items }: Counted): Resource {
  if (resource.type === "SCALAR") return { ...resource, scalar: { value: thousandths / 1000 } };
  if (resource.type === "RANGES") return { ...resource, ranges: { range: [...ranges] } };
  return resource.type === "SET" ? { ...resource, set: { item: [...items] } } : resource;
}

function holds(have: Counted, wanted: Counted): boolean {
  const { type } = have.resource;
  if (type === "SCALAR") return have.thousandths >= wanted.thousandths;
  if (type === "RANGES") return subtractRanges(wanted.ranges, have.ranges).length === 0;
  return wanted.items.every((item) => have.items.includes(item));
}

/** True when the amount is zero or empty. */
function isNothing({ resource: { type }, thousandths, ranges, items }: Counted): boolean {
  if (type === "SCALAR") return thousandths <= 0;
  if (type === "RANGES") return ranges.length === 0;
  return type === "SET" && items.length === 0;
}
