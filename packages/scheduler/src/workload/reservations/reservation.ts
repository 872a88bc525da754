// Whose a dynamic reservation is: labels in Mesos that name the owner. The labels are the truth: whatever carries our framework's name and has no living owner is given back when it is offered.
import type { Resource } from "@cke/mesos";
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
