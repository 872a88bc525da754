// Routers outside of a cluster, and names of Docker networks: what a body may say of them, and what is stored. Pure.
import { isBgpSecret, longestBgpSecret } from "@cke/protocol";
import { z } from "zod";
import { nodeAddress } from "../ranges/node-address.ts";

/** Most routers of a list: whoever has sessions with them has one with each. */
const mostRouters = 16;

/** Docker's own networks: no network at all, the host's, and the default one, which has no fixed addresses. */
const unusable = new Set(["host", "none", "bridge", "default"]);
export const networkName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "the name of a Docker network")
  // In the host's network a node would change the host's addresses and firewall.
  .refine((name) => !unusable.has(name), "the name of a Docker network that was made for nodes");

const asnWords = "the number of an autonomous system, from 1 to 4294967294";
export const systemNumber = z.int(asnWords).min(1, asnWords).max(4_294_967_294, asnWords);

const secretWords = `1 to ${longestBgpSecret} printable letters without spaces and quotes`;
export const routerBody = z.object({
  address: nodeAddress,
  asn: systemNumber,
  password: z.string(secretWords).refine(isBgpSecret, secretWords).optional(),
});

export const routersField = z
  .array(routerBody)
  .max(mostRouters, `at most ${mostRouters} routers`)
  .refine(
    (routers) => new Set(routers.map(({ address }) => address)).size === routers.length,
    "routers with different addresses",
  );
export type AskedRouters = z.infer<typeof routersField>;

/** As it is stored. `password`: there is one, which is kept with the cluster's keys. */
export const routerSpecSchema = z.object({
  address: z.string(),
  asn: z.number(),
  password: z.literal(true).optional(),
});
export type RouterSpec = Readonly<z.infer<typeof routerSpecSchema>>;

export const storedRouters = (routers: AskedRouters): RouterSpec[] =>
  routers.map(({ address, asn, password }) => ({
    ...{ address, asn },
    ...(password === undefined ? {} : { password: true as const }),
  }));

/** By address. */
export const passwordsOf = (routers: AskedRouters): Readonly<Record<string, string>> =>
  Object.fromEntries(
    routers.flatMap(({ address, password }) => (password === undefined ? [] : [[address, password] as const])),
  );
