// Is a resource's reservation written in one of the two forms that Mesos knows? Words and order: Resources::validate of
// src/common/resources.cpp, Mesos 1.12.
import type { Resource } from "@cke/mesos";
import { isSubrole, roleProblem } from "./roles.ts";

type Reservation = NonNullable<Resource["reservations"]>[number];

export function reservationFormProblem(resource: Resource): string | undefined {
  const { reservations = [] } = resource;
  const [only, second] = reservations;
  if (only === undefined) return olderFormProblem(resource);
  const stack =
    reservations.map(entryProblem).find((problem) => problem !== undefined) ?? refinementProblem(reservations);
  if (stack !== undefined) return stack;
  if (second === undefined) return bothFormsProblem(resource, only);
  const rest = "must not be set if there is more than one reservation in 'Resource.reservations'";
  if (resource.role !== undefined) return `Invalid resource format: 'Resource.role' ${rest}`;
  return resource.reservation === undefined ? undefined : `Invalid resource format: 'Resource.reservation' ${rest}`;
}

/** `role` and `reservation`. */
function olderFormProblem({ role = "*", reservation }: Resource): string | undefined {
  const invalid = roleProblem(role);
  if (invalid !== undefined || reservation === undefined) return invalid;
  const field = "must not be set for the 'Resource.reservation' field";
  if (reservation.type !== undefined) return `'Resource.ReservationInfo.type' ${field}`;
  if (reservation.role !== undefined) return `'Resource.ReservationInfo.role' ${field}`;
  return role === "*" ? 'Invalid reservation: role "*" cannot be dynamically reserved' : undefined;
}

function entryProblem({ type, role }: Reservation): string | undefined {
  const unset = (field: string) => `Invalid reservation: 'Resource.ReservationInfo.${field}' field must be set.`;
  if (type === undefined) return unset("type");
  if (role === undefined) return unset("role");
  return roleProblem(role) ?? (role === "*" ? 'Invalid reservation: role "*" cannot be reserved' : undefined);
}

/** Each refines the one before it. */
function refinementProblem(reservations: readonly Reservation[]): string | undefined {
  for (const [index, { type, role = "" }] of reservations.entries()) {
    const ancestor = reservations[index - 1]?.role;
    if (ancestor === undefined) continue;
    if (type === "STATIC") return "Invalid refined reservation: A refined reservation cannot be STATIC";
    if (!isSubrole(role, ancestor))
      return `Invalid refined reservation: role '${role}' is not a refinement of '${ancestor}'`;
  }
  return undefined;
}

/** One reservation may be written in both forms, which then have to agree. */
function bothFormsProblem({ role, reservation }: Resource, only: Reservation): string | undefined {
  const format = "Invalid resource format:";
  if (role !== undefined && role !== only.role) {
    return `${format} 'Resource.role' field with '${role}' does not match the role '${only.role}' in 'Resource.reservations'`;
  }
  const single = "if the single reservation in 'Resource.reservations' is";
  if (only.type === "STATIC") {
    return reservation === undefined ? undefined : `${format} 'Resource.reservation' must not be set ${single} STATIC`;
  }
  if (only.type !== "DYNAMIC") return "Unsupported 'Resource.ReservationInfo.Type'";
  if ((role === undefined) !== (reservation === undefined)) {
    return `${format} 'Resource.role' and 'Resource.reservation' must either be both set or both not set ${single} DYNAMIC`;
  }
  if (reservation !== undefined && (reservation.principal ?? "") !== (only.principal ?? "")) {
    return `${format} 'Resource.reservation.principal' field with '${reservation.principal ?? ""}' does not match the principal '${only.principal ?? ""}' in 'Resource.reservations'`;
  }
  return undefined;
}
