// Whether an agent is apart enough from the other units of a request's group. Pure.
import type { Attribute } from "@cke/mesos";
import { attributeText } from "./attribute-constraint.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalReason } from "./offer-refusal.ts";
import type { Neighbour, Placement, PlacementRequest } from "./placement-request.ts";

/** "host": by the agents themselves; anything else names an attribute. */
const byHost = "host";

/** The value of the attribute on this agent; "" when it has none. */
function valueOn(attributes: readonly Attribute[], name: string): string {
  const found = attributes.find((attribute) => attribute.name === name);
  return found === undefined ? "" : attributeText(found);
}

/** For a placement of the request on this agent: the value by which others keep away; undefined when hosts alone count. */
export function apartValue(
  { apart }: PlacementRequest,
  { attributes }: Pick<OfferBundle, "attributes">,
): string | undefined {
  return apart === undefined || apart.by === byHost ? undefined : valueOn(attributes, apart.by);
}

/** Why the request may not go to this agent, to follow the agent's name; undefined when it may. */
export function neighbourProblem(
  { apart, homeOnly }: PlacementRequest,
  { hostname, attributes }: Pick<OfferBundle, "hostname" | "attributes">,
): RefusalReason | undefined {
  // What has its data in one place can go nowhere else.
  if (apart === undefined || homeOnly) return undefined;
  const { by, group, neighbours } = apart;
  const onHost = neighbours.find((one) => one.hostname.toLowerCase() === hostname.toLowerCase());
  if (onHost !== undefined) return { kind: "host", words: `has ${onHost.unit}, of the same group "${group}"` };
  if (by === byHost) return undefined;
  const value = valueOn(attributes, by);
  const refuse = (words: string) => ({ kind: "attribute", words }) as const;
  if (value === "") return refuse(`has no attribute ${by}, by which group "${group}" is spread`);
  const near = neighbours.find((one) => one.value === value);
  return near && refuse(`has ${by}=${value}, like ${near.unit} of the same group "${group}"`);
}

/** The request with further units of its group: those that were placed a moment ago, in the same match. */
export function besidePlaced(request: PlacementRequest, placed: readonly Placement[]): PlacementRequest {
  const { apart } = request;
  if (apart === undefined) return request;
  const more = placed.flatMap((placement): Neighbour[] => {
    if (placement.request.apart?.group !== apart.group || placement.request.cleanup) return [];
    return [{ unit: placement.request.id, hostname: placement.hostname, value: placement.apartAt ?? "" }];
  });
  return more.length === 0 ? request : { ...request, apart: { ...apart, neighbours: [...apart.neighbours, ...more] } };
}
