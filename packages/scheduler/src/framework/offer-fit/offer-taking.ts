// Takes what a need wants out of what one agent offers to one role: pure. Resources that are reserved for somebody else of
// ours are never touched; for a node that reserves, what is not its own yet is turned into its own on the way.
import { findResources, type Resource, Resources, rangesOf, type Shortage } from "@cke/mesos";
import { isSameOwner, ownerOf, reservationOf } from "../../workload/reservations/reservation.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalKind, RefusalReason } from "./offer-refusal.ts";
import type { RequestedReservation, RequestPart } from "./placement-request.ts";

const { ranges, reservationRoleOf, scalar, sum } = Resources;

export interface Taken {
  /** By part, in order; as they are when the ACCEPT has reserved them. */
  readonly resources: readonly (readonly Resource[])[];
  /** Those of them that are to be reserved first. */
  readonly reserve: readonly Resource[];
  /** What is there of its reservation, needed or not. */
  readonly own: readonly Resource[];
  readonly rest: readonly Resource[];
}

/** What of a need concerns its resources. */
export interface Wanted {
  readonly parts: readonly RequestPart[];
  readonly reservation?: RequestedReservation | undefined;
  /** True: what it has reserved on this agent must be there, so that it is never reserved twice. */
  readonly homeOnly: boolean;
}

const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

function shortageReason({ name, needed, found, missing }: Shortage): RefusalReason {
  const kind = name === "mem" || name === "disk" || name === "ports" ? name : "cpus";
  return refuse(kind, missing === undefined ? `has ${name} ${found} of ${needed}` : `has no ${name} ${missing}`);
}

/**
 * Ports that Mesos gives out on this agent are taken from its offer. A port outside of them is nobody's in the ledger (a
 * default agent has 31000-32000 only): it is granted unless another node of ours has it, and Docker has the last word.
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

/** "*" cannot be reserved, and what is reserved for a role already only for a role below it (refinement). */
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

/** Why a node that must use its own reservation here cannot. */
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

/** Words for what is there, but reserved for the role as a whole or for another node. */
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
    ...(others.length === 0 ? [] : [refuse("reservation", `keeps ${text(others)} for other nodes`)]),
    ...(whole.length === 0
      ? []
      : [
          refuse(
            "reservation",
            `has ${text(whole)} reserved for all of role ${bundle.role}, which cannot be reserved for one node: use a role below it, like ${bundle.role}/k8s`,
          ),
        ]),
  ];
}

/** All or nothing. On failure every shortage, and what of the offer was out of reach. */
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
  // All at once first: the shortage that is told is of the whole node, not of its last process.
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
