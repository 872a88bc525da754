// Pure arithmetic of resources. Amounts of the same kind (name, role, reservation, allocation, disk, provider, …) add up;
// scalars are fixed point with three decimals, as in Mesos, so that 0.1 + 0.2 is 0.3.
import type { Resource } from "../v1/resource.ts";
import type { Range } from "../v1/value.ts";
import { intersectRanges, normalizeRanges, subtractRanges } from "./ranges.ts";

const unitsPerScalar = 1000;

/** A persistent volume or a whole mounted disk is taken as one piece or not at all: its amount is a number of pieces. */
type Amount =
  | { readonly kind: "scalar"; readonly units: number }
  | { readonly kind: "ranges"; readonly ranges: readonly Range[] }
  | { readonly kind: "set"; readonly items: readonly string[] }
  | { readonly kind: "pieces"; readonly count: number };

interface Holding {
  /** The resource without meaning in its amount. */
  readonly template: Resource;
  readonly amount: Amount;
}

type Holdings = ReadonlyMap<string, Holding>;

/** Three decimals, rounded to nearest. */
export function roundScalar(value: number): number {
  return Math.round(value * unitsPerScalar) / unitsPerScalar;
}

/** The role a resource is reserved to, in either format; "*" when it is not reserved. */
export function reservationRoleOf(resource: Resource): string {
  return resource.reservations?.at(-1)?.role ?? resource.role ?? "*";
}

export function isReserved(resource: Resource): boolean {
  return reservationRoleOf(resource) !== "*";
}

function isIndivisible(resource: Resource): boolean {
  const sourceType = resource.disk?.source?.type;
  return resource.disk?.persistence !== undefined || sourceType === "MOUNT" || sourceType === "BLOCK";
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
}

const amountKeys: ReadonlySet<string> = new Set(["name", "type", "scalar", "ranges", "set"]);

/**
 * The kind of a resource without a reservation, disk or the like, as nearly all are: many of them are compared for each launch. Undefined
 * for every other one.
 */
function plainKind(resource: Resource): string | undefined {
  let allocated = "";
  for (const [key, value] of Object.entries(resource)) {
    if (value === undefined || amountKeys.has(key) || (key === "role" && value === "*")) continue;
    const role = key === "allocation_info" ? resource.allocation_info?.role : undefined;
    if (role === undefined || Object.keys(resource.allocation_info ?? {}).length !== 1) return undefined;
    allocated = `\n${role}`;
  }
  return `${resource.type}\n${resource.name}${allocated}`;
}

/** What makes two resources the same kind; equal keys add up. `role: "*"` is the same as none. */
function resourceKind(resource: Resource): string {
  const plain = plainKind(resource);
  if (plain !== undefined) return plain;
  const { scalar, ranges: _ranges, set: _set, role, ...rest } = resource;
  const size = isIndivisible(resource) ? { size: roundScalar(scalar?.value ?? 0) } : {};
  return JSON.stringify(canonical({ ...rest, ...size, ...(role === undefined || role === "*" ? {} : { role }) }));
}

function amountOf(resource: Resource): Amount {
  if (isIndivisible(resource)) return { kind: "pieces", count: 1 };
  switch (resource.type) {
    case "SCALAR":
      return { kind: "scalar", units: Math.round((resource.scalar?.value ?? 0) * unitsPerScalar) };
    case "RANGES":
      return { kind: "ranges", ranges: normalizeRanges(resource.ranges?.range ?? []) };
    default:
      return { kind: "set", items: [...new Set(resource.set?.item ?? [])] };
  }
}

function add(a: Amount, b: Amount): Amount {
  if (a.kind === "scalar" && b.kind === "scalar") return { kind: "scalar", units: a.units + b.units };
  if (a.kind === "ranges" && b.kind === "ranges") {
    return { kind: "ranges", ranges: normalizeRanges([...a.ranges, ...b.ranges]) };
  }
  if (a.kind === "set" && b.kind === "set") return { kind: "set", items: [...new Set([...a.items, ...b.items])] };
  if (a.kind === "pieces" && b.kind === "pieces") return { kind: "pieces", count: a.count + b.count };
  throw new TypeError("resources of one kind have one type");
}

/** `a` without `b`; what `a` does not have is ignored. */
function remove(a: Amount, b: Amount): Amount {
  if (a.kind === "scalar" && b.kind === "scalar") return { kind: "scalar", units: Math.max(0, a.units - b.units) };
  if (a.kind === "ranges" && b.kind === "ranges") return { kind: "ranges", ranges: subtractRanges(a.ranges, b.ranges) };
  if (a.kind === "set" && b.kind === "set") {
    return { kind: "set", items: a.items.filter((item) => !b.items.includes(item)) };
  }
  if (a.kind === "pieces" && b.kind === "pieces") return { kind: "pieces", count: Math.max(0, a.count - b.count) };
  throw new TypeError("resources of one kind have one type");
}

function isNothing(amount: Amount): boolean {
  switch (amount.kind) {
    case "scalar":
      return amount.units <= 0;
    case "ranges":
      return amount.ranges.length === 0;
    case "set":
      return amount.items.length === 0;
    case "pieces":
      return amount.count <= 0;
  }
}

function holdingsOf(resources: readonly Resource[]): Holdings {
  const holdings = new Map<string, Holding>();
  for (const resource of resources) {
    const kind = resourceKind(resource);
    const held = holdings.get(kind);
    const amount = amountOf(resource);
    holdings.set(
      kind,
      held === undefined ? { template: resource, amount } : { ...held, amount: add(held.amount, amount) },
    );
  }
  return holdings;
}

function resourcesOf({ template, amount }: Holding): readonly Resource[] {
  if (isNothing(amount)) return [];
  switch (amount.kind) {
    case "scalar":
      return [{ ...template, scalar: { value: amount.units / unitsPerScalar } }];
    case "ranges":
      return [{ ...template, ranges: { range: amount.ranges } }];
    case "set":
      return [{ ...template, set: { item: amount.items } }];
    case "pieces":
      return Array.from({ length: amount.count }, () => template);
  }
}

/** Adds lists up: one entry per kind, in order of first appearance; empty amounts are dropped. */
export function sum(...lists: readonly (readonly Resource[])[]): readonly Resource[] {
  return [...holdingsOf(lists.flat()).values()].flatMap(resourcesOf);
}

/** `available` without `taken`. Amounts that are not there are ignored: ask `contains` first where it matters. */
export function subtract(available: readonly Resource[], taken: readonly Resource[]): readonly Resource[] {
  const less = holdingsOf(taken);
  return [...holdingsOf(available)].flatMap(([kind, holding]) => {
    const cut = less.get(kind);
    return resourcesOf(cut === undefined ? holding : { ...holding, amount: remove(holding.amount, cut.amount) });
  });
}

/** True when every kind in `needed` is in `available` with at least that amount. */
export function contains(available: readonly Resource[], needed: readonly Resource[]): boolean {
  const held = holdingsOf(available);
  return [...holdingsOf(needed)].every(([kind, { amount }]) => {
    if (isNothing(amount)) return true;
    const holding = held.get(kind);
    return holding !== undefined && isNothing(remove(amount, holding.amount));
  });
}

/** True when both hold the same amounts of the same kinds. */
export function equal(a: readonly Resource[], b: readonly Resource[]): boolean {
  return contains(a, b) && contains(b, a);
}

/** Total of a scalar over all kinds of that name: `scalarOf(offer.resources, "cpus")`. */
export function scalarOf(resources: readonly Resource[], name: string): number {
  const units = resources
    .filter((resource) => resource.name === name && resource.type === "SCALAR")
    .reduce((total, resource) => total + Math.round((resource.scalar?.value ?? 0) * unitsPerScalar), 0);
  return units / unitsPerScalar;
}

/** All integers of the RANGES resources of that name, normalised. */
export function rangesNamed(resources: readonly Resource[], name: string): readonly Range[] {
  const matching = resources.filter((resource) => resource.name === name && resource.type === "RANGES");
  return normalizeRanges(matching.flatMap((resource) => intersectRanges(resource.ranges?.range ?? [], everything)));
}
const everything: readonly Range[] = [{ begin: 0, end: Number.MAX_SAFE_INTEGER }];

/** The ports among resources, normalised. */
export function portsOf(resources: readonly Resource[]): readonly Range[] {
  return rangesNamed(resources, "ports");
}

/** A scalar resource without reservation. */
export function scalar(name: string, value: number): Resource {
  return { name, type: "SCALAR", scalar: { value: roundScalar(value) } };
}

/** A ranges resource without reservation. */
export function ranges(name: string, range: readonly Range[]): Resource {
  return { name, type: "RANGES", ranges: { range: normalizeRanges(range) } };
}

/** A set resource without reservation. */
export function set(name: string, items: readonly string[]): Resource {
  return { name, type: "SET", set: { item: [...new Set(items)] } };
}

/** The same resources allocated to a role, as everything launched by a MULTI_ROLE framework must say. */
export function allocatedTo(role: string, resources: readonly Resource[]): readonly Resource[] {
  return resources.map((resource) => ({ ...resource, allocation_info: { role } }));
}
