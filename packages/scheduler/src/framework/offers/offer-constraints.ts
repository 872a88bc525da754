// Offer constraints (Mesos 1.11): while everything that a role waits for is tied to hosts, only those hosts are offered,
// so that a pinned node does not burn quota and offers of others need no refusal. Pure. Whatever is not certain (a host
// given as an address, a need that may go anywhere) leaves the role without constraints: too many offers are harmless.
import type { AttributeConstraint, OfferConstraints } from "@cke/mesos";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";

/** More hosts than this make no constraint: regular expressions cost the master for every agent. */
export const maxConstrainedHosts = 32;

type Predicate = AttributeConstraint["predicate"];

const isAddress = (host: string) => /^[\d.]+$|:/.test(host);
const escaped = (host: string) => host.replace(/[^\p{L}\p{N}_-]/gu, (character) => `\\${character}`);
/** As Mesos knows the agent. */
const exactly = (hostname: string): Predicate => ({ text_equals: { value: hostname } });
/** As a user wrote it: host names have no case. RE2 matches the whole text. */
const inAnyCase = (host: string): Predicate => ({ text_matches: { regex: `(?i:${escaped(host)})` } });

/** The hosts that will do for a need; undefined when that cannot be said. */
function hostOf({ executor, homeOnly, home, host }: PlacementRequest): Predicate | undefined {
  if (executor !== undefined) return exactly(executor.hostname);
  if (homeOnly) return exactly(home);
  return host === "*" || isAddress(host) ? undefined : inAnyCase(host);
}

export interface ConstraintInput {
  readonly roles: readonly string[];
  readonly needs: readonly PlacementRequest[];
  /** Hosts where reservations are to be given back, by role; "everywhere" while all of a role's agents are looked at. */
  readonly watched: ReadonlyMap<string, ReadonlySet<string> | "everywhere">;
}

/** undefined: no role is constrained. */
export function constraintsFor({ roles, needs, watched }: ConstraintInput): OfferConstraints | undefined {
  const constrained = roles.flatMap((role) => {
    const watch = watched.get(role) ?? new Set<string>();
    if (watch === "everywhere") return [];
    const mine = needs.filter((need) => isFor(need, role));
    const predicates = mine.map(hostOf);
    if (predicates.some((predicate) => predicate === undefined)) return [];
    const distinct = new Map<string, Predicate>();
    for (const predicate of [...predicates, ...[...watch].map(exactly)])
      if (predicate !== undefined) distinct.set(JSON.stringify(predicate), predicate);
    if (distinct.size === 0 || distinct.size > maxConstrainedHosts) return [];
    const groups = [...distinct]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, predicate]) => ({
        attribute_constraints: [{ selector: { pseudoattribute_type: "HOSTNAME" as const }, predicate }],
      }));
    return [[role, { groups }] as const];
  });
  return constrained.length === 0 ? undefined : { role_constraints: Object.fromEntries(constrained) };
}

/** True when an offer to the role can serve the need. */
export function isFor({ executor, roles }: PlacementRequest, role: string): boolean {
  if (executor !== undefined) return executor.role === role;
  return roles.length === 0 || roles.includes(role);
}
