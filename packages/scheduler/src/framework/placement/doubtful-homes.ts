// A stateful unit returns to the host that has its data. An agent of the same name with another id may be another machine, or the same
// one with an empty disk. So Mesos must have told of the agent of before first: if that was marked gone, the data is lost
// (framework/reservations/gone-agents.ts). Pure.
import type { UnitRecord } from "../../workload/records/records.ts";
import type { OfferRefusal } from "../offer-fit/offer-refusal.ts";
import type { Placement } from "../offer-fit/placement-request.ts";

export interface DoubtfulHomesParts {
  readonly unit: (workload: string, requestId: string) => UnitRecord | undefined;
  /** True when Mesos has told of the agent since the successor, another one of its name, was first seen. */
  readonly answeredSince: (agentId: string, successor: string) => boolean;
}

/** Why the placement is not used now; undefined when it may be. */
export function doubtOf(
  { request, agentId, hostname, role }: Placement,
  { unit, answeredSince }: DoubtfulHomesParts,
): OfferRefusal | undefined {
  if (!request.homeOnly || !request.spread || request.cleanup) return undefined;
  const last = unit(request.workload, request.id)?.last;
  if (last === undefined || last.agentId === agentId || last.hostname !== request.home) return undefined;
  if (answeredSince(last.agentId, agentId)) return undefined;
  const words = `is agent ${agentId}, and the data was left by ${last.agentId}: Mesos is asked whether that one was marked gone`;
  return { kind: "host", words, agentId, hostname, role };
}
