// The way outside of a cluster with gateways: what a body may say of it, and what is stored. Pure.
import { z } from "zod";
import { nodeAddress } from "../ranges/node-address.ts";
import { networkName, routerSpecSchema, routersField, storedRouters } from "./router-spec.ts";

/** As it is stored. */
export const uplinkSpecSchema = z.object({
  /** The second Docker network of each gateway. */
  network: z.string(),
  /** In that network: only gateways have sessions with them. */
  routers: z.array(routerSpecSchema),
  /** Address that pods have outside; absent: that of the gateway that they leave by. */
  snat: z.string().optional(),
});
export type UplinkSpec = Readonly<z.infer<typeof uplinkSpecSchema>>;

/** `uplink` of a cluster. */
export const uplinkBody = z.object({
  network: networkName,
  routers: routersField.optional(),
  snat: nodeAddress.optional(),
});

/** What a body says of the uplink, as it is stored. */
export function uplinkSpec({ network, routers = [], snat }: z.infer<typeof uplinkBody>): UplinkSpec {
  return { network, routers: storedRouters(routers), ...(snat === undefined ? {} : { snat }) };
}
