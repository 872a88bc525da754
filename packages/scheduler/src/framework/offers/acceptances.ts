// What is launched and what is given back, put together by agent and role: one ACCEPT for each. Pure.
import { type Resource, Resources } from "@cke/mesos";
import type { Prepared } from "../launch/launch-preparation.ts";
import type { Release } from "../reservations/releases.ts";

/** What goes to one agent and role in one ACCEPT. */
export interface Acceptance {
  readonly role: string;
  readonly prepared: readonly Prepared[];
  readonly releases: readonly Release[];
  /** What launched nodes have reserved there beyond what they need now: they shrank. */
  readonly surplus: readonly Resource[];
}

const placeOf = ({ agentId, role }: { readonly agentId: string; readonly role: string }) => `${agentId}\n${role}`;
export const offerIdsOf = ({ prepared, releases }: Acceptance): readonly string[] => [
  ...new Set([...prepared.flatMap(({ placement }) => placement.offerIds), ...releases.flatMap((one) => one.offerIds)]),
];

/** What it has reserved beyond what it takes: of a node that is launched as a whole; a process alone takes only its share. */
export function surplusOf({ placement: { need, resources, own } }: Prepared): readonly Resource[] {
  if (need.executor !== undefined || need.reservation?.reserve !== true) return [];
  return Resources.subtract(own, resources.flat());
}

/** What a node is launched on is not given back. */
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
  // Masters first: a scheduler that dies in between has not launched workers without them.
  const hasMaster = (place: string) => launches.get(place)?.some(({ placement }) => placement.need.spread) === true;
  const places = [...new Set([...launches.keys(), ...gifts.keys()])];
  places.sort((left, right) => Number(hasMaster(right)) - Number(hasMaster(left)));
  return places.map((place) => ({
    role: place.slice(place.indexOf("\n") + 1),
    prepared: launches.get(place) ?? [],
    releases: gifts.get(place) ?? [],
    surplus: (launches.get(place) ?? []).flatMap(surplusOf),
  }));
}
