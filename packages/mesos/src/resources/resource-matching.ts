// Takes needed amounts out of an offer: pure, greedy, reserved pieces first, so that reservations are used before what
// others could use as well.
import type { Resource } from "../v1/resource.ts";
import type { Range } from "../v1/value.ts";
import { countOfRanges, describeRanges, intersectRanges, subtractRanges } from "./ranges.ts";
import { reservationRoleOf, roundScalar, subtract, sum } from "./resources.ts";

/** What was not there; `needed` and `found` are amounts (ranges and sets: how many of them). */
export interface Shortage {
  readonly name: string;
  readonly needed: number;
  readonly found: number;
  /** Which ports or items, where particular ones were asked for: "31005, 31007-31009". */
  readonly missing?: string;
}

type Match =
  | { readonly ok: true; readonly taken: readonly Resource[]; readonly rest: readonly Resource[] }
  | { readonly ok: false; readonly shortages: readonly Shortage[] };

interface MatchOptions {
  /** Narrows which pieces may be taken (for example only reservations with one's own label). */
  readonly usable?: (resource: Resource) => boolean;
}

/** 0 reserved to the role itself, 1 to an ancestor of a hierarchical role, 2 unreserved; undefined: not for this role. */
function preference(resource: Resource, role: string): number | undefined {
  const reservedTo = reservationRoleOf(resource);
  if (reservedTo === "*") return 2;
  if (reservedTo === role) return 0;
  return role.startsWith(`${reservedTo}/`) ? 1 : undefined;
}

/** Plain pieces that a task of `role` may use, best first: no volumes, no special disks, nothing revocable or shared. */
function usablePieces(available: readonly Resource[], role: string, options: MatchOptions): readonly Resource[] {
  return sum(available)
    .filter((piece) => piece.revocable === undefined && piece.shared === undefined && piece.disk === undefined)
    .filter((piece) => (piece.allocation_info?.role ?? role) === role)
    .filter((piece) => options.usable?.(piece) ?? true)
    .flatMap((piece) => {
      const rank = preference(piece, role);
      return rank === undefined ? [] : [{ piece, rank }];
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ piece }) => piece);
}

interface Taken {
  readonly taken: readonly Resource[];
  readonly shortage?: Shortage;
}

function takeScalar(name: string, needed: number, pieces: readonly Resource[]): Taken {
  const taken: Resource[] = [];
  let left = roundScalar(needed);
  for (const piece of pieces) {
    const part = Math.min(left, roundScalar(piece.scalar?.value ?? 0));
    if (part <= 0) continue;
    taken.push({ ...piece, scalar: { value: part } });
    left = roundScalar(left - part);
  }
  return left > 0 ? { taken, shortage: { name, needed, found: roundScalar(needed - left) } } : { taken };
}

function takeRanges(name: string, needed: readonly Range[], pieces: readonly Resource[]): Taken {
  const taken: Resource[] = [];
  let left = needed;
  for (const piece of pieces) {
    const part = intersectRanges(left, piece.ranges?.range ?? []);
    if (part.length === 0) continue;
    taken.push({ ...piece, ranges: { range: part } });
    left = subtractRanges(left, part);
  }
  const missing = countOfRanges(left);
  if (missing === 0) return { taken };
  const count = countOfRanges(needed);
  return { taken, shortage: { name, needed: count, found: count - missing, missing: describeRanges(left) } };
}

function takeSet(name: string, needed: readonly string[], pieces: readonly Resource[]): Taken {
  const taken: Resource[] = [];
  let left = needed;
  for (const piece of pieces) {
    const offered = piece.set?.item ?? [];
    const part = left.filter((item) => offered.includes(item));
    if (part.length === 0) continue;
    taken.push({ ...piece, set: { item: part } });
    left = left.filter((item) => !part.includes(item));
  }
  if (left.length === 0) return { taken };
  const found = needed.length - left.length;
  return { taken, shortage: { name, needed: needed.length, found, missing: left.join(", ") } };
}

function takeOne(need: Resource, pieces: readonly Resource[]): Taken {
  const candidates = pieces.filter((piece) => piece.name === need.name && piece.type === need.type);
  switch (need.type) {
    case "SCALAR":
      return takeScalar(need.name, need.scalar?.value ?? 0, candidates);
    case "RANGES":
      return takeRanges(need.name, need.ranges?.range ?? [], candidates);
    default:
      return takeSet(need.name, need.set?.item ?? [], candidates);
  }
}

/**
 * Finds `needed` (names and amounts; made with `scalar`, `ranges`, `set`) in `available` for tasks of `role`. The pieces
 * taken are the offer's own: they carry its reservation and allocation_info, as ACCEPT must. A failure lists every
 * shortage at once.
 */
export function findResources(
  needed: readonly Resource[],
  available: readonly Resource[],
  role: string,
  options: MatchOptions = {},
): Match {
  const pieces = usablePieces(available, role, options);
  const results = sum(needed).map((need) => takeOne(need, pieces));
  const shortages = results.flatMap(({ shortage }) => (shortage === undefined ? [] : [shortage]));
  if (shortages.length > 0) return { ok: false, shortages };
  const taken = results.flatMap((result) => result.taken);
  return { ok: true, taken, rest: subtract(available, taken) };
}
