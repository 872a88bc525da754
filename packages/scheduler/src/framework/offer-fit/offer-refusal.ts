// Why an offer was not good enough for a need: as a value to sort by and as words to read.

/** What was wrong, from who the agent is to what it has. */
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

/** One reason; an agent that is short of both cpus and memory gives two. */
export interface RefusalReason {
  readonly kind: RefusalKind;
  /** Goes on after the host's name: "has cpus 0.5 of 1.41". */
  readonly words: string;
}

/** A reason with whose offer it was. */
export interface OfferRefusal extends RefusalReason {
  readonly agentId: string;
  readonly hostname: string;
  /** Role that the offer was made to. */
  readonly role: string;
}

/** "host has cpus 0.5 of 1.41 and has mem 10 of 20" for the reasons of one host. */
export function describeRefusals(hostname: string, refusals: readonly RefusalReason[]): string {
  return `${hostname} ${refusals.map(({ words }) => words).join(" and ")}`;
}

/** What has to come first, whatever is offered. A need may have a gate and refusals. */
export const gateKinds = ["masters", "network"] as const;
export type GateKind = (typeof gateKinds)[number];

export interface Gate {
  readonly kind: GateKind;
  /** Goes on after the node's name: "waits for its masters: 1 of 2 fit: …". */
  readonly words: string;
  /** Where it would go if it had not to wait for that: an agent and the role that this offers to. */
  readonly fits?: { readonly agentId: string; readonly role: string } | undefined;
}
