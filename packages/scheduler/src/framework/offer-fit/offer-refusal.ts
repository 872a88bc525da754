// Why an offer is not good enough for a placement request: as a value to sort by, and as text.

/** The kinds of refusals, from which agent it is to what the agent has. */
export const refusalKinds = [
  "host",
  "attribute",
  "agent-maintenance",
  "role",
  "reservation",
  "kept",
  "cpus",
  "mem",
  "disk",
  "ports",
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/** One reason. An agent that has too few cpus and too little memory gives two. */
export interface RefusalReason {
  readonly kind: RefusalKind;
  /** To follow the host's name: "has cpus 0.5 of 1.41". */
  readonly words: string;
}

/** A reason, and whose offer it was. */
export interface OfferRefusal extends RefusalReason {
  readonly agentId: string;
  readonly hostname: string;
  /** The role to which the offer was made. */
  readonly role: string;
}

/** "host has cpus 0.5 of 1.41 and has mem 10 of 20" for the reasons of one host. */
export function describeRefusals(hostname: string, refusals: readonly RefusalReason[]): string {
  return `${hostname} ${refusals.map(({ words }) => words).join(" and ")}`;
}

/** What must come first, whatever is offered. A request may have a prerequisite and refusals. */
export const prerequisiteKinds = ["quorum", "network", "plan"] as const;
export type PrerequisiteKind = (typeof prerequisiteKinds)[number];

export interface Prerequisite {
  readonly kind: PrerequisiteKind;
  /** To follow the unit's name: "waits for its masters: 1 of 2 fit: …". */
  readonly words: string;
  /** Where the unit would go without the prerequisite: an agent, and the role to which it offers. */
  readonly fits?: { readonly agentId: string; readonly role: string } | undefined;
}
