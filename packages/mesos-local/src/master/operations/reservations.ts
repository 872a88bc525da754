// RESERVE, UNRESERVE, CREATE and DESTROY: what they turn into what, and what Mesos does not take. Facts: recording
// operations; the checks of mesos 1.12.
import type { Operation, Resource } from "@cke/mesos";
import { addBags, type Bag, sumBags } from "../../resources/bag.ts";
import { bagText, refined } from "../../resources/format.ts";
import { incoming } from "../offers/offers.ts";

const reservations = new Set(["RESERVE", "UNRESERVE", "CREATE", "DESTROY"]);

export const isReservation = ({ type }: Operation) => type !== undefined && reservations.has(type);

/** Who asks for an operation. */
interface Requester {
  /** The role that the resources are allocated to; operators have none, they use what is not allocated. */
  readonly role?: string;
  readonly principal?: string;
}

/** What an operation turns into what; a text is a problem. */
export function conversion(
  requester: Requester,
  operation: Operation,
): { readonly from: Bag; readonly to: Bag } | string {
  const inner = (resources: readonly Resource[] | undefined) =>
    requester.role === undefined ? addBags((resources ?? []).map(refined), []) : incoming(resources, requester.role);
  const { type, reserve, unreserve, create, destroy } = operation;
  if (type === "RESERVE" && reserve !== undefined) {
    const to = inner(reserve.resources);
    if (to.some(({ reservations: list = [] }) => list.length === 0)) return "Invalid RESERVE Operation: not reserved";
    const invalid = to.map((resource) => reservationProblem(resource, requester)).find(Boolean);
    if (invalid !== undefined) return `Invalid RESERVE Operation: ${invalid}`;
    const from = reserve.source === undefined ? to.map(popReservation) : inner(reserve.source);
    return { from: sumBags([from]), to };
  }
  if (type === "UNRESERVE" && unreserve !== undefined) {
    const from = inner(unreserve.resources);
    if (from.some(({ reservations: list = [] }) => list.at(-1)?.type !== "DYNAMIC")) {
      return "Invalid UNRESERVE Operation: resources are not dynamically reserved";
    }
    if (from.some(({ disk }) => disk?.persistence !== undefined)) {
      return "Invalid UNRESERVE Operation: A dynamically reserved persistent volume cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource";
    }
    return { from, to: sumBags([from.map(popReservation)]) };
  }
  if (type === "CREATE" && create !== undefined) {
    const to = inner(create.volumes);
    if (to.some(({ disk }) => disk?.persistence === undefined))
      return "Invalid CREATE Operation: Not a persistent volume";
    return { from: sumBags([to.map(withoutVolume)]), to };
  }
  if (type === "DESTROY" && destroy !== undefined) {
    const from = inner(destroy.volumes);
    if (from.some(({ disk }) => disk?.persistence === undefined)) {
      return "Invalid DESTROY Operation: Not a persistent volume";
    }
    return { from, to: sumBags([from.map(withoutVolume)]) };
  }
  return `Invalid ${type} Operation: its message is missing`;
}

/** What Mesos checks of a new reservation: its type, its role, whose it is, and what it refines. */
function reservationProblem(resource: Resource, { role, principal }: Requester): string | undefined {
  const { reservations: list = [], allocation_info: allocation } = resource;
  const last = list.at(-1);
  if (last?.type !== "DYNAMIC") return `Resource ${bagText([resource])} is not dynamically reserved`;
  const reserved = last.role ?? "*";
  if (reserved === "*") return "Invalid resources: resources cannot be reserved for role '*'";
  if (principal !== undefined && last.principal !== principal) {
    return last.principal === undefined
      ? `A reserve operation was attempted by principal '${principal}', but there is a reserved resource in the request with no principal set`
      : `A reserve operation was attempted by authenticated principal '${principal}', which does not match a reserved resource in the request with principal '${last.principal}'`;
  }
  if (role === undefined && allocation !== undefined)
    return "A reserve operation was attempted with an allocated resource, but the operator API only allows reservations to be made to unallocated resources";
  // Not even a role below or above it will do.
  if (role !== undefined && allocation?.role !== reserved)
    return `A reserve operation was attempted for a resource with role '${reserved}', but the resource was allocated to role '${allocation?.role}'`;
  const parent = list.at(-2)?.role;
  if (parent === undefined || reserved.startsWith(`${parent}/`)) return undefined;
  return `Invalid resources: role '${reserved}' does not refine role '${parent}': it is not below it`;
}

function popReservation(resource: Resource): Resource {
  const { reservations: list = [], ...rest } = resource;
  return list.length > 1 ? { ...rest, reservations: list.slice(0, -1) } : rest;
}

function withoutVolume({ disk, ...resource }: Resource): Resource {
  return disk?.source === undefined ? resource : { ...resource, disk: { source: disk.source } };
}
