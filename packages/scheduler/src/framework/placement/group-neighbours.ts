// The other units of a request's group, by what the records say now.
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { Neighbour, PlacementRequest } from "../offer-fit/placement-request.ts";

export interface KnownUnits {
  workloads(): readonly WorkloadRecord[];
  units(workload: string): readonly UnitRecord[];
}

/** Groups are those of all workloads of one kind: the kind is in the request's name of the group. */
const isOf = (group: string, kind: string, own: string | undefined) => own !== undefined && group === `${kind} ${own}`;

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/**
 * The request with the hosts of its group: where another unit runs or may run, and where its data is. What a unit of a move is to leave
 * (`notOn`) keeps it from that host only: the two are one member of the group, so that it may move within its own rack.
 */
export function withNeighbours(request: PlacementRequest, known: KnownUnits): PlacementRequest {
  const { apart } = request;
  if (apart === undefined || request.executor !== undefined || request.cleanup) return request;
  const neighbours = known.workloads().flatMap(({ kind, spec }) =>
    spec.units.some((unit) => isOf(apart.group, kind, unit.apart?.group))
      ? known.units(spec.name).flatMap((record): Neighbour[] => {
          const own = spec.units.find(({ name }) => name === record.unit)?.apart?.group;
          const unit = `${record.workload}/${record.unit}`;
          if (!isOf(apart.group, kind, own) || unit === request.id) return [];
          const value = record.apartAt ?? "";
          const hosts = new Set([record.launch, ...record.superseded].flatMap((launch) => launch?.hostname ?? []));
          if (record.home !== "") hosts.add(record.home);
          const isLeft = (hostname: string) =>
            record.workload === request.workload && request.notOn !== undefined && same(hostname, request.notOn);
          return [...hosts].map((hostname) => ({ unit, hostname, value: isLeft(hostname) ? "" : value }));
        })
      : [],
  );
  return neighbours.length === 0 ? request : { ...request, apart: { ...apart, neighbours } };
}
