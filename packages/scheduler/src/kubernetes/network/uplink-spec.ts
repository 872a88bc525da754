// The way outside of a cluster with gateways: what a body may say of it, and what is stored. Pure.
import { z } from "zod";
import { parseBlock } from "../../workload/body/address-block.ts";
import { nodeAddress } from "../ranges/node-address.ts";
import { reservedIn } from "../ranges/reserved-ranges.ts";
import { networkName, routerSpecSchema, routersField, storedRouters } from "./router-spec.ts";

/** As it is stored. */
export const uplinkSpecSchema = z.object({
  /** The second Docker network of each gateway. */
  network: z.string(),
  /** In that network: only gateways have sessions with them. */
  routers: z.array(routerSpecSchema),
  /** Address that pods have outside; absent: that of the gateway that they leave by. */
  snat: z.string().optional(),
  /** Where floating addresses come from; absent: there are none. */
  floatingPool: z.string().optional(),
});
export type UplinkSpec = Readonly<z.infer<typeof uplinkSpecSchema>>;

/** Addresses of the routers beyond a cluster's gateways. */
export const uplinkRouters = ({ uplink }: { readonly uplink?: UplinkSpec | undefined }) =>
  (uplink?.routers ?? []).map(({ address }) => address);

const poolWords = "an IPv4 range like 198.51.100.64/28, from /20 to /32, whose host bits are zero";
const phraseFor = (text: string) => {
  const block = parseBlock(text);
  if (block === undefined || block.prefix < 20) return poolWords;
  const reserved = reservedIn(block);
  return reserved && `${poolWords}: ${reserved.range} (${reserved.meaning}) has no addresses of machines`;
};
const floatingPool = z.string(poolWords).refine((text) => phraseFor(text) === undefined, {
  error: ({ input }) => (typeof input === "string" ? phraseFor(input) : undefined),
});

/** `uplink` of a cluster. */
export const uplinkBody = z.object({
  network: networkName,
  routers: routersField.optional(),
  snat: nodeAddress.optional(),
  floating_pool: floatingPool.optional(),
});

/** What a body says of the uplink, as it is stored. */
export function uplinkSpec({ network, routers = [], snat, floating_pool }: z.infer<typeof uplinkBody>): UplinkSpec {
  return {
    ...{ network, routers: storedRouters(routers) },
    ...(snat === undefined ? {} : { snat }),
    ...(floating_pool === undefined ? {} : { floatingPool: floating_pool }),
  };
}
