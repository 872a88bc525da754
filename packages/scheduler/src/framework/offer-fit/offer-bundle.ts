// The offers of one agent to one role, put together: a unit is placed on one bundle.
import { type Attribute, type Offer, type Resource, Resources } from "@cke/mesos";
import type { Claim } from "./claim.ts";

const { portsOf } = Resources;

/** What is known about an agent beside its offers. */
export interface AgentUse {
  /** Published ports of CKE's units there, with the unit that has each. */
  readonly ports: ReadonlyMap<number, string>;
  /** Workloads with a stateful unit there. */
  readonly stateful: ReadonlySet<string>;
  /** What CKE keeps there for units. */
  readonly claims?: readonly Claim[] | undefined;
  /** Why nothing is placed there, by whether the unit is tied to this agent; undefined when something may be. */
  readonly maintenance?: ((tied: boolean) => string | undefined) | undefined;
}

/** What one agent offers to one role. `remaining`, `ports` and `stateful` change during a match. */
export interface OfferBundle {
  readonly agentId: string;
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly role: string;
  readonly offerIds: readonly string[];
  readonly attributes: readonly Attribute[];
  readonly executorIds: ReadonlySet<string>;
  remaining: readonly Resource[];
  /** Lowest and highest port that Mesos manages on this agent, as far as these offers show. */
  readonly portSpan: { readonly begin: number; readonly end: number } | undefined;
  readonly ports: Map<number, string>;
  readonly stateful: Set<string>;
  readonly claims: readonly Claim[];
  readonly maintenance?: AgentUse["maintenance"];
}

/** Groups offers by agent and role. The offers of a group can be accepted together. */
export function bundlesOf(offers: readonly Offer[], uses: ReadonlyMap<string, AgentUse>): readonly OfferBundle[] {
  const groups = Map.groupBy(offers, (offer) => `${offer.agent_id.value}\n${offer.allocation_info?.role ?? "*"}`);
  // All roles of an agent share what is known about it.
  const known = new Map<string, { readonly ports: Map<number, string>; readonly stateful: Set<string> }>();
  return [...groups.values()].flatMap((group): OfferBundle[] => {
    const [first] = group;
    if (first === undefined) return [];
    const resources = group.flatMap((offer) => offer.resources ?? []);
    const ports = portsOf(resources);
    const begin = ports[0]?.begin;
    const end = ports.at(-1)?.end;
    const agentId = first.agent_id.value;
    const use = uses.get(agentId);
    const agent = known.get(agentId) ?? { ports: new Map(use?.ports ?? []), stateful: new Set(use?.stateful ?? []) };
    known.set(agentId, agent);
    const { hostname = "", ip = "" } = first.url?.address ?? {};
    return [
      {
        agentId,
        hostname: first.hostname,
        addresses: [first.hostname, hostname, ip].filter((text) => text !== ""),
        role: first.allocation_info?.role ?? "*",
        offerIds: group.map(({ id }) => id.value),
        attributes: first.attributes ?? [],
        executorIds: new Set(group.flatMap((offer) => (offer.executor_ids ?? []).map(({ value }) => value))),
        remaining: resources,
        portSpan: begin === undefined || end === undefined ? undefined : { begin, end },
        ports: agent.ports,
        stateful: agent.stateful,
        claims: use?.claims ?? [],
        maintenance: use?.maintenance,
      },
    ];
  });
}
