// Takes the resources of a request from one agent's offers to one role. Pure. It never touches resources that are
// reserved for another unit. For a unit that reserves, resources that are not yet reserved are marked to be reserved by
// the ACCEPT.
import { findResources, type Resource, Resources, rangesOf, type Shortage } from "@cke/mesos";
import { isSameOwner, ownerOf, reservationOf } from "../../workload/reservations/reservation.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalKind, RefusalReason } from "./offer-refusal.ts";
import type { RequestedReservation, RequestPart } from "./placement-request.ts";

const { ranges, reservationRoleOf, scalar, sum } = Resources;

export interface Taken {
  /** By part, in order, as they are after the ACCEPT has reserved them. */
  readonly resources: readonly (readonly Resource[])[];
  /** Those that the ACCEPT must reserve first. */
  readonly reserve: readonly Resource[];
  /** All of the unit's reserved resources in the offer, needed or not. */
  readonly own: readonly Resource[];
  readonly rest: readonly Resource[];
}

/** The part of a request that concerns resources. */
export interface Wanted {
  readonly parts: readonly RequestPart[];
  readonly reservation?: RequestedReservation | undefined;
  /** True: the unit's reservation on this agent must be in the offer, so that nothing is reserved twice. */
  readonly homeOnly: boolean;
}

const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

function shortageReason({ name, needed, found, missing }: Shortage): RefusalReason {
  const kind = name === "mem" || name === "disk" || name === "ports" ? name : "cpus";
  return refuse(kind, missing === undefined ? `has ${name} ${found} of ${needed}` : `has no ${name} ${missing}`);
}

/**
 * Takes ports that Mesos manages on this agent from its offer. Mesos does not count other ports (an agent manages
 * 31000-32000 by default): such a port is granted unless another unit of CKE has it, and Docker decides in the end.
 */
function portsFromOffer(ports: readonly number[], span: OfferBundle["portSpan"]): readonly number[] {
  return span === undefined ? [] : ports.filter((port) => port >= span.begin && port <= span.end);
}

const amounts = ({ cpus, mem, ports, disk = 0 }: RequestPart): readonly Resource[] => [
  scalar("cpus", cpus),
  scalar("mem", mem),
  ...(disk === 0 ? [] : [scalar("disk", disk)]),
  ...(ports.length === 0 ? [] : [ranges("ports", rangesOf(ports))]),
];

/**
 * Resources of "*" cannot be reserved, and resources that are reserved for a role only for a role below it
 * (refinement).
 */
function mayReserve(piece: Resource, role: string): boolean {
  const reserved = reservationRoleOf(piece);
  return role !== "*" && (reserved === "*" || role.startsWith(`${reserved}/`));
}

function isOwn(piece: Resource, reservation: RequestedReservation | undefined): boolean {
  const owner = ownerOf(piece);
  return owner !== undefined && reservation !== undefined && isSameOwner(owner, reservation.owner);
}

function isUsable(piece: Resource, role: string, reservation: RequestedReservation | undefined): boolean {
  if (ownerOf(piece) !== undefined) return isOwn(piece, reservation);
  return reservation?.reserve !== true || mayReserve(piece, role);
}

/** Why a unit that must use its own reservation here cannot; undefined when it can. */
function ownProblem(wanted: Wanted, bundle: OfferBundle): RefusalReason | undefined {
  const held = wanted.reservation?.held;
  if (!wanted.homeOnly || held === undefined || held.agentId !== bundle.agentId) return undefined;
  const total = sum(wanted.parts.flatMap(amounts));
  const needed = {
    cpus: Math.min(held.amounts.cpus, Resources.scalarOf(total, "cpus")),
    mem: Math.min(held.amounts.mem, Resources.scalarOf(total, "mem")),
    ports: wanted.parts.flatMap(({ ports }) => ports).filter((port) => held.amounts.ports.includes(port)),
  };
  const usable = (piece: Resource) => isOwn(piece, wanted.reservation);
  const own = findResources(amounts(needed), bundle.remaining, bundle.role, { usable });
  if (own.ok) return undefined;
  const words = own.shortages.map((shortage) => shortageReason(shortage).words).join(", ");
  return refuse("reservation", `does not offer all that is reserved for it there yet: ${words}`);
}

/** What is in the offer, but reserved for the whole role or for another unit. */
function heldBack(wanted: Wanted, bundle: OfferBundle): readonly RefusalReason[] {
  const { reservation } = wanted;
  const pieces = bundle.remaining.filter((piece) => !isUsable(piece, bundle.role, reservation));
  const others = pieces.filter((piece) => ownerOf(piece) !== undefined);
  const whole = pieces.filter((piece) => ownerOf(piece) === undefined);
  const text = (list: readonly Resource[]) =>
    `cpus ${Resources.scalarOf(list, "cpus")}, mem ${Resources.scalarOf(list, "mem")}`;
  if (reservation?.reserve === true && bundle.role === "*")
    return [refuse("reservation", 'offers role "*", for which nothing can be reserved')];
  return [
    ...(others.length === 0 ? [] : [refuse("reservation", `keeps ${text(others)} for other units`)]),
    ...(whole.length === 0
      ? []
      : [
          refuse(
            "reservation",
            `has ${text(whole)} reserved for all of role ${bundle.role}, which cannot be reserved for one unit: use a role below it, like ${bundle.role}/k8s`,
          ),
        ]),
  ];
}

/** All or nothing. On failure it returns every shortage, and what of the offer could not be used. */
export function takeResources(wanted: Wanted, bundle: OfferBundle): Taken | readonly RefusalReason[] {
  const { parts, reservation } = wanted;
  for (const port of parts.flatMap((part) => part.ports)) {
    const user = bundle.ports.get(port);
    if (user !== undefined) return [refuse("ports", `has port ${port} in use by ${user}`)];
  }
  const problem = ownProblem(wanted, bundle);
  if (problem !== undefined) return [problem];
  const usable = (piece: Resource) => isUsable(piece, bundle.role, reservation);
  const needed = parts.map((part) => amounts({ ...part, ports: portsFromOffer(part.ports, bundle.portSpan) }));
  // First all together, so that a shortage is reported for the whole unit and not for its last process.
  const whole = findResources(needed.flat(), bundle.remaining, bundle.role, { usable });
  if (!whole.ok) return [...whole.shortages.map(shortageReason), ...heldBack(wanted, bundle)];
  let rest = bundle.remaining;
  const resources: (readonly Resource[])[] = [];
  const reserve: Resource[] = [];
  for (const part of needed) {
    const match = findResources(part, rest, bundle.role, { usable });
    if (!match.ok) return match.shortages.map(shortageReason);
    rest = match.rest;
    if (reservation?.reserve !== true) {
      resources.push(match.taken);
      continue;
    }
    const { owner, principal } = reservation;
    const info = reservationOf(owner, bundle.role, principal);
    const fresh = (piece: Resource) => !isOwn(piece, reservation);
    const own = (piece: Resource) => ({ ...piece, reservations: [...(piece.reservations ?? []), info] });
    reserve.push(...match.taken.filter(fresh).map(own));
    resources.push(sum(match.taken.map((piece) => (fresh(piece) ? own(piece) : piece))));
  }
  const own = bundle.remaining.filter((piece) => isOwn(piece, reservation));
  return { resources, reserve: sum(reserve), own, rest };
}
