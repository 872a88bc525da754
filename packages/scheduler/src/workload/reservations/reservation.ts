// The owner of a dynamic reservation, as labels in Mesos name it. The labels decide: a reservation with this
// framework's name whose owner does not exist is given back when it is offered.
import type { Resource } from "@cke/mesos";
import { identityIn, identityLabels, type UnitIdentity } from "../records/identity.ts";

/** One instance of one unit of one framework (by `-name`: the framework id may change, reservations stay). */
export interface ReservationOwner extends UnitIdentity {
  readonly framework: string;
  /** The unit's instance. Another unit of the same name has another one. */
  readonly instance: string;
}

function labelsOf(owner: ReservationOwner): readonly { readonly key: string; readonly value: string }[] {
  const { framework, instance } = owner;
  const entries = { "cke.framework": framework, ...identityLabels(owner), "cke.instance": instance };
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

export type ReservationInfo = NonNullable<Resource["reservations"]>[number];

/** The entry that is added to a resource's reservations. `principal` is the framework's, when it has one. */
export function reservationOf(owner: ReservationOwner, role: string, principal: string | undefined): ReservationInfo {
  return {
    type: "DYNAMIC",
    role,
    ...(principal === undefined ? {} : { principal }),
    labels: { labels: labelsOf(owner) },
  };
}

/** The owner of reserved resources by their labels; undefined when CKE has not reserved them. */
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
