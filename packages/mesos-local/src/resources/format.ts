// The two reservation formats of resources, and resources as text (error messages) and as numbers (operator endpoints).
// Facts: recordings operations (reservations[]), scheduler-lifecycle (role), task-failures (texts), operator-api.
import type { Resource } from "@cke/mesos";
import { double, type JsonValue } from "../wire/index.ts";
import { type Bag, mergeRanges, scalarOf } from "./bag.ts";

/** Any framework's resource in the format used inside: `reservations[]`, no `role`, no `reservation`. */
export function refined(resource: Resource): Resource {
  const { role, reservation, reservations, ...rest } = resource;
  if (reservations !== undefined && reservations.length > 0) return { ...rest, reservations };
  if (role === undefined || role === "*") return rest;
  const type = reservation === undefined ? "STATIC" : "DYNAMIC";
  const { principal, labels } = reservation ?? {};
  const entry = {
    type,
    role,
    ...(principal === undefined ? {} : { principal }),
    ...(labels === undefined ? {} : { labels }),
  };
  return { ...rest, reservations: [entry] };
}

/** The format for frameworks without RESERVATION_REFINEMENT: `role`, and `reservation` for dynamic ones. */
export function unrefined(resource: Resource): Resource {
  const { reservations, ...rest } = resource;
  const last = reservations?.at(-1);
  if (last === undefined) return { ...rest, role: "*" };
  const { principal, labels } = last;
  const details = { ...(principal === undefined ? {} : { principal }), ...(labels === undefined ? {} : { labels }) };
  return last.type === "DYNAMIC"
    ? { ...rest, role: last.role ?? "*", reservation: details }
    : { ...rest, role: last.role ?? "*" };
}

/** Role of the innermost reservation; undefined for unreserved resources. */
export const reservedRole = (resource: Resource): string | undefined => resource.reservations?.at(-1)?.role;

/** "[31000-32000]". */
function rangesText(resource: Resource): string {
  const given = resource.ranges?.range ?? [];
  // A range whose end is before its begin is printed only in the error about it.
  const ranges = given.some(({ begin, end }) => begin > end) ? given : mergeRanges(given);
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
}

function amountText(resource: Resource): string {
  if (resource.type === "SCALAR") return String(resource.scalar?.value ?? 0);
  return resource.type === "RANGES" ? rangesText(resource) : `{${(resource.set?.item ?? []).join(", ")}}`;
}

/** "cpus(allocated: dev):8; mem(allocated: dev):96": how Mesos prints resources in messages. */
export function bagText(bag: Bag): string {
  const one = (resource: Resource) => {
    const allocated = resource.allocation_info?.role;
    const reservations = (resource.reservations ?? []).map(
      ({ type, role, principal }) => `(${[type ?? "STATIC", role, principal].filter(Boolean).join(",")})`,
    );
    const allocation = allocated === undefined ? "" : `(allocated: ${allocated})`;
    const reservation = reservations.length === 0 ? "" : `(reservations: [${reservations.join(",")}])`;
    return `${resource.name}${allocation}${reservation}:${amountText(resource)}`;
  };
  return bag.length === 0 ? "{}" : bag.map(one).join("; ");
}

/** {"disk":0.0,"mem":96.0,"gpus":0.0,"cpus":0.6,"ports":"[31000-32000]"}: the form of /state and its kin. */
export function bagJson(bag: Bag): JsonValue {
  const scalars = ["disk", "mem", "gpus", "cpus"].map((name) => [name, double(scalarOf(bag, name))] as const);
  const known = new Set(["disk", "mem", "gpus", "cpus"]);
  const others = bag
    .filter(({ name }) => !known.has(name))
    .map((resource) => [
      resource.name,
      resource.type === "SCALAR" ? double(scalarOf(bag, resource.name)) : amountText(resource),
    ]);
  return Object.fromEntries([...scalars, ...others]);
}
