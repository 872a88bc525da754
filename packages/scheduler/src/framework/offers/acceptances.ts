// Groups launches and releases by agent and role: one ACCEPT for each group. Pure.
import { type Resource, Resources } from "@cke/mesos";
import type { Prepared } from "../launch/launch-preparation.ts";
import type { Release } from "../reservations/releases.ts";

/** What goes into one ACCEPT. */
export interface Acceptance {
  readonly role: string;
  readonly prepared: readonly Prepared[];
  readonly releases: readonly Release[];
  /** What launched units have reserved there beyond their present need, because they have become smaller. */
  readonly surplus: readonly Resource[];
}

const placeOf = ({ agentId, role }: { readonly agentId: string; readonly role: string }) => `${agentId}\n${role}`;
export const offerIdsOf = ({ prepared, releases }: Acceptance): readonly string[] => [
  ...new Set([...prepared.flatMap(({ placement }) => placement.offerIds), ...releases.flatMap((one) => one.offerIds)]),
];

/**
 * The reserved resources that a whole unit does not need. A process that joins its unit uses only its share, so it has
 * none.
 */
export function surplusOf({ placement: { request, resources, own } }: Prepared): readonly Resource[] {
  if (request.executor !== undefined || request.reservation?.reserve !== true) return [];
  return Resources.subtract(own, resources.flat());
}

/** Resources on which a unit is launched are not given back. */
export function acceptancesOf(prepared: readonly Prepared[], releases: readonly Release[]): readonly Acceptance[] {
  const launches = Map.groupBy(prepared, ({ placement }) => placeOf(placement));
  const gifts = Map.groupBy(
    releases.filter(
      (release) =>
        launches
          .get(placeOf(release))
          ?.some(({ record }) => record.workload === release.owner.workload && record.unit === release.owner.unit) !==
        true,
    ),
    placeOf,
  );
  // Stateful units first: if the scheduler dies between two ACCEPTs, no others were launched without them.
  const hasStateful = (place: string) =>
    launches.get(place)?.some(({ placement }) => placement.request.spread) === true;
  const places = [...new Set([...launches.keys(), ...gifts.keys()])];
  places.sort((left, right) => Number(hasStateful(right)) - Number(hasStateful(left)));
  return places.map((place) => ({
    role: place.slice(place.indexOf("\n") + 1),
    prepared: launches.get(place) ?? [],
    releases: gifts.get(place) ?? [],
    surplus: (launches.get(place) ?? []).flatMap(surplusOf),
  }));
}
