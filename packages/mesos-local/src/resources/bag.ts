// Arithmetic of resources. A bag is a list of resources in the post-reservation-refinement format (no `role`, no
// `reservation`), at most one per key; the key is everything but the amount. Scalars keep three decimals, as in Mesos.
import type { Range, Resource } from "@cke/mesos";

export type Bag = readonly Resource[];

/** What makes two resources addable: name, type, allocation, reservations, disk, provider, revocable, shared. */
function resourceKey(resource: Resource): string {
  const { name, type, allocation_info, reservations, provider_id, disk, revocable, shared } = resource;
  // The form of nearly all resources. A role never has a quote in it, so the two forms of a key cannot be equal.
  if ((reservations?.length ?? 0) === 0 && !provider_id && !disk && !revocable && !shared)
    return `${type} ${allocation_info?.role ?? '"'} ${name}`;
  return JSON.stringify([
    name,
    type,
    allocation_info?.role ?? null,
    (reservations ?? []).map(({ role, type: kind, principal, labels }) => [role, kind, principal, labels]),
    provider_id?.value ?? null,
    disk ?? null,
    revocable !== undefined,
    shared !== undefined,
  ]);
}

/** `a + b`; entries of `a` keep their place, new keys follow in the order of `b`. */
export function addBags(a: Bag, b: Bag): Bag {
  const merged = new Map<string, Resource>();
  for (const resource of [...a, ...b]) {
    const key = resourceKey(resource);
    const present = merged.get(key);
    merged.set(key, present === undefined ? normalise(resource) : addAmounts(present, resource));
  }
  return [...merged.values()].filter((resource) => !isEmpty(resource));
}

/** `a - b` where `b` may hold more than `a`: amounts stop at zero. */
export function subtractBags(a: Bag, b: Bag): Bag {
  const left = new Map<string, Resource>();
  for (const resource of addBags(a, [])) left.set(resourceKey(resource), resource);
  for (const resource of b) {
    const key = resourceKey(resource);
    const present = left.get(key);
    if (present !== undefined) left.set(key, subtractAmounts(present, resource));
  }
  return [...left.values()].filter((resource) => !isEmpty(resource));
}

/** True when `b` fits into `a`. */
export function containsBag(a: Bag, b: Bag): boolean {
  const have = new Map(addBags(a, []).map((resource) => [resourceKey(resource), resource]));
  return addBags(b, []).every((wanted) => {
    const present = have.get(resourceKey(wanted));
    return present !== undefined && holds(present, wanted);
  });
}

export const sumBags = (bags: Iterable<Bag>): Bag => [...bags].reduce(addBags, []);

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
const rangesOf = (resource: Resource) => resource.ranges?.range ?? [];
const itemsOf = (resource: Resource) => resource.set?.item ?? [];

function normalise(resource: Resource): Resource {
  if (resource.type === "SCALAR") {
    return { ...resource, scalar: { value: thousands(resource.scalar?.value ?? 0) / 1000 } };
  }
  if (resource.type === "RANGES") return { ...resource, ranges: { range: mergeRanges(rangesOf(resource)) } };
  return resource.type === "SET" ? { ...resource, set: { item: [...new Set(itemsOf(resource))] } } : resource;
}

function addAmounts(a: Resource, b: Resource): Resource {
  if (a.type === "SCALAR") {
    return { ...a, scalar: { value: (thousands(a.scalar?.value ?? 0) + thousands(b.scalar?.value ?? 0)) / 1000 } };
  }
  if (a.type === "RANGES") return { ...a, ranges: { range: mergeRanges([...rangesOf(a), ...rangesOf(b)]) } };
  return a.type === "SET" ? { ...a, set: { item: [...new Set([...itemsOf(a), ...itemsOf(b)])] } } : a;
}

function subtractAmounts(a: Resource, b: Resource): Resource {
  if (a.type === "SCALAR") {
    const left = thousands(a.scalar?.value ?? 0) - thousands(b.scalar?.value ?? 0);
    return { ...a, scalar: { value: Math.max(0, left) / 1000 } };
  }
  if (a.type === "RANGES") return { ...a, ranges: { range: subtractRanges(rangesOf(a), rangesOf(b)) } };
  const gone = new Set(itemsOf(b));
  return a.type === "SET" ? { ...a, set: { item: itemsOf(a).filter((item) => !gone.has(item)) } } : a;
}

function holds(have: Resource, wanted: Resource): boolean {
  if (have.type === "SCALAR") return thousands(have.scalar?.value ?? 0) >= thousands(wanted.scalar?.value ?? 0);
  if (have.type === "RANGES") return subtractRanges(rangesOf(wanted), rangesOf(have)).length === 0;
  const present = new Set(itemsOf(have));
  return itemsOf(wanted).every((item) => present.has(item));
}

/** True when the amount is zero or empty. */
function isEmpty(resource: Resource): boolean {
  if (resource.type === "SCALAR") return thousands(resource.scalar?.value ?? 0) <= 0;
  if (resource.type === "RANGES") return mergeRanges(rangesOf(resource)).length === 0;
  return resource.type === "SET" && itemsOf(resource).length === 0;
}
