// Whether a request leaves enough of an agent's offers for the claims of other units there. Pure.
import { type Resource, Resources } from "@cke/mesos";
import { ownerOf } from "../../workload/reservations/reservation.ts";
import type { Claim } from "../offer-fit/claim.ts";
import type { OfferBundle } from "../offer-fit/offer-bundle.ts";
import { urgency } from "../offer-fit/offer-fitness.ts";
import type { RefusalReason } from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";

const dimensions = ["cpus", "mem", "disk"] as const;
/** Most units that the text names. */
const named = 3;

/** Resources that are not reserved for a unit. */
const common = (resources: readonly Resource[], name: string) =>
  Resources.scalarOf(
    resources.filter((piece) => piece.revocable === undefined && ownerOf(piece) === undefined),
    name,
  );

const isOf = (claim: Claim, request: PlacementRequest) =>
  request.id === claim.unit || request.id.startsWith(`${claim.unit}/`);

/**
 * The claims that the request must respect: those of other units that are more urgent. A unit that is as urgent is
 * tried in its own place. A clean-up takes very little for a short time, and frees resources.
 */
function bindingClaims(request: PlacementRequest, { claims, role }: OfferBundle): readonly Claim[] {
  if (claims.length === 0 || request.cleanup) return [];
  const own = urgency(request);
  return claims.filter(
    (claim) => claim.urgency < own && !isOf(claim, request) && (claim.roles.length === 0 || claim.roles.includes(role)),
  );
}

function describeOwners(claims: readonly Claim[]): string {
  const units = [...new Set(claims.map(({ unit }) => unit))];
  const more = units.length - named;
  return `${units.slice(0, named).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Why the request does not get what it would take here; undefined when it does. `rest`: what would be left. */
export function keptProblem(
  request: PlacementRequest,
  bundle: OfferBundle,
  rest: readonly Resource[],
): RefusalReason | undefined {
  const claims = bindingClaims(request, bundle);
  if (claims.length === 0) return undefined;
  const wantedPorts = new Set(request.parts.flatMap(({ ports }) => ports));
  for (const claim of claims) {
    const port = claim.ports.find((one) => wantedPorts.has(one));
    if (port !== undefined) return { kind: "kept", words: `keeps port ${port} for ${claim.unit}` };
  }
  for (const name of dimensions) {
    const claimed = Resources.roundScalar(claims.reduce((sum, claim) => sum + claim[name], 0));
    const [before, after] = [common(bundle.remaining, name), common(rest, name)];
    if (claimed === 0 || after >= claimed || after === before) continue;
    const owners = describeOwners(claims.filter((claim) => claim[name] > 0));
    // More may be needed than is free now, for others have taken some of it.
    const what =
      claimed > before
        ? `all of its ${name} (${before} is free, ${claimed} is needed)`
        : `${name} ${claimed} of the ${before} that is free`;
    return { kind: "kept", words: `keeps ${what} for ${owners}, which runs or returns there` };
  }
  return undefined;
}
