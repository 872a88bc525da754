// Whose a dynamic reservation is: labels in Mesos that name the owner, and the record of what a node has reserved. The
// labels are the truth: whatever carries our framework's name and has no living owner is given back when it is offered.
import type { Resource } from "@cke/mesos";
import { z } from "zod";
import { identityIn, identityLabels, type UnitIdentity } from "../records/identity.ts";

/** One life of one unit of one framework (by `-name`: a framework id may change, reservations stay). */
export interface ReservationOwner extends UnitIdentity {
  readonly framework: string;
  /** The unit's life: another unit of the same name has another. */
  readonly instance: string;
}

function labelsOf(owner: ReservationOwner): readonly { readonly key: string; readonly value: string }[] {
  const { framework, instance } = owner;
  const entries = { "cke.framework": framework, ...identityLabels(owner), "cke.instance": instance };
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

export type ReservationInfo = NonNullable<Resource["reservations"]>[number];

/** What is put on top of a resource's reservations. `principal` is the framework's, when it has one. */
export function reservationOf(owner: ReservationOwner, role: string, principal: string | undefined): ReservationInfo {
  return {
    type: "DYNAMIC",
    role,
    ...(principal === undefined ? {} : { principal }),
    labels: { labels: labelsOf(owner) },
  };
}

/** Who owns a reserved piece, by its labels; undefined when no CKE reserved it. */
export function ownerOf(resource: Resource): ReservationOwner | undefined {
  const labels = resource.reservations?.at(-1)?.labels?.labels;
  if (labels === undefined) return undefined;
  const labelled = (key: string) => labels.find((label) => label.key === key)?.value;
  const framework = labelled("cke.framework");
  if (framework === undefined) return undefined;
  return {
    framework,
    ...identityIn(labelled),
    instance: labelled("cke.instance") ?? "",
  };
}

export function isSameOwner(left: ReservationOwner, right: ReservationOwner): boolean {
  return (
    left.workload === right.workload &&
    left.unit === right.unit &&
    left.instance === right.instance &&
    left.framework === right.framework &&
    left.kind === right.kind
  );
}

/** CPUs, MiB, and port numbers. */
const reservedAmounts = z.object({ cpus: z.number(), mem: z.number(), ports: z.array(z.number()) });
export type ReservedAmounts = Readonly<z.infer<typeof reservedAmounts>>;

/**
 * - `intended`: stored before the ACCEPT that makes it; nothing heard of it yet.
 * - `reserved`: Mesos said so, or it was seen in an offer.
 * - `unreserving`: to be given back as soon as it is offered.
 * - `refused`: Mesos does not make it; `problem` says why.
 */
const reservationStates = ["intended", "reserved", "unreserving", "refused"] as const;
export type ReservationState = (typeof reservationStates)[number];

/** What a node has reserved on one agent. At most one of a node's is not `unreserving`. */
export const reservationRecord = z.object({
  agentId: z.string(),
  hostname: z.string(),
  role: z.string(),
  state: z.enum(reservationStates),
  amounts: reservedAmounts,
  /** Of the last operation, as long as it is not answered for; "" for none. */
  operationId: z.string(),
  /** What that operation gives back; nothing for one that reserves. */
  releasing: reservedAmounts.default({ cpus: 0, mem: 0, ports: [] }),
  /** What that operation adds; it is in `amounts` already. Nothing for one that gives back. */
  reserving: reservedAmounts.default({ cpus: 0, mem: 0, ports: [] }),
  /** Mesos' words when it refused; "" otherwise. */
  problem: z.string().default(""),
  changedAtMs: z.number(),
});
export type ReservationRecord = Readonly<z.infer<typeof reservationRecord>>;

/** The reservation that a launch of the node can build on. */
export function heldReservation(reservations: readonly ReservationRecord[]): ReservationRecord | undefined {
  return reservations.find(({ state }) => state === "reserved");
}
