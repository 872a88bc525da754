// Offer constraints (Mesos 1.11): while everything that a role waits for is tied to hosts, Mesos offers only those
// hosts. Then a pinned unit causes no offers that must be refused. Pure. When something is uncertain (a host that is
// given as an address, a request that may go anywhere) the role has no constraints, because too many offers are
// harmless.
import type { AttributeConstraint, OfferConstraints } from "@cke/mesos";
import { homesOf } from "../offer-fit/offer-fitness.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";

/** More hosts than this give no constraint, because the Mesos master evaluates regular expressions for every agent. */
export const maxConstrainedHosts = 32;

type Predicate = AttributeConstraint["predicate"];

const isAddress = (host: string) => /^[\d.]+$|:/.test(host);
const escaped = (host: string) => host.replace(/[^\p{L}\p{N}_-]/gu, (character) => `\\${character}`);
/** The hostname as Mesos has it. */
const exactly = (hostname: string): Predicate => ({ text_equals: { value: hostname } });
/** The hostname as a user wrote it, in any case. RE2 matches the whole text. */
const inAnyCase = (host: string): Predicate => ({ text_matches: { regex: `(?i:${escaped(host)})` } });

/** The hosts that a request may use; undefined when that is not known. */
function hostsOf(request: PlacementRequest): readonly Predicate[] | undefined {
  const { executor, homeOnly, host } = request;
  if (executor !== undefined) return [exactly(executor.hostname)];
  if (homeOnly) return homesOf(request).map(exactly);
  return host === "*" || isAddress(host) ? undefined : [inAnyCase(host)];
}

export interface ConstraintInput {
  readonly roles: readonly string[];
  readonly requests: readonly PlacementRequest[];
  /** Hosts on which reservations must be given back, by role; "everywhere" while all agents of a role are checked. */
  readonly watched: ReadonlyMap<string, ReadonlySet<string> | "everywhere">;
}

/** Undefined: no role is constrained. */
export function constraintsFor({ roles, requests, watched }: ConstraintInput): OfferConstraints | undefined {
  const constrained = roles.flatMap((role) => {
    const watch = watched.get(role) ?? new Set<string>();
    if (watch === "everywhere") return [];
    const mine = requests.filter((request) => isFor(request, role));
    const hosts = mine.map(hostsOf);
    if (hosts.includes(undefined)) return [];
    const distinct = new Map<string, Predicate>();
    for (const predicate of [...hosts.flatMap((predicates) => predicates ?? []), ...[...watch].map(exactly)])
      distinct.set(JSON.stringify(predicate), predicate);
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

/** True when an offer to the role can serve the request. */
export function isFor({ executor, roles }: PlacementRequest, role: string): boolean {
  if (executor !== undefined) return executor.role === role;
  return roles.length === 0 || roles.includes(role);
}
