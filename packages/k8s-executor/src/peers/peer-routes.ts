// The routes of a node to the pods of the other nodes. The kernel keeps with each route who made it: CKE's have a protocol
// number of their own, so stale ones are found and removed, and no other routes are touched. Pure.
import * as z from "zod";
import type { Peers } from "./peers.ts";

/** Of CKE's routes (see rt_protos of iproute2: numbers above 4 that no daemon there has). */
export const routeProtocol = "98";
/** Scripts in the images of earlier versions gave this number to the same routes. */
const earlierProtocol = "97";

const routesSchema = z
  .array(z.object({ dst: z.string(), gateway: z.string().default(""), protocol: z.string().default("") }))
  .max(100_000);

export type Route = Readonly<z.infer<typeof routesSchema>[number]>;

/** What prints all routes of IPv4 as JSON, with protocols as numbers. */
export const listRoutes = ["ip", "-4", "-N", "-j", "route", "show", "table", "main"] as const;

/** Reads that. Throws for anything else. */
export function readRoutes(output: string): readonly Route[] {
  return routesSchema.parse(JSON.parse(output.trim() === "" ? "[]" : output));
}

/** Lines for `ip -batch -` that turn the present routes into the wanted ones; none when they are that already. */
export function routeCommands(present: readonly Route[], { peers }: Peers, ownName: string): readonly string[] {
  const wanted = new Map(
    peers.flatMap(({ name, ip, podCidr }) => (name === ownName || podCidr === "" ? [] : [[podCidr, ip] as const])),
  );
  const own = present.filter(({ protocol }) => protocol === routeProtocol || protocol === earlierProtocol);
  const installed = new Map(own.map((route) => [route.dst, route]));
  const stale = own
    .filter(({ dst }) => !wanted.has(dst))
    .map(
      ({ dst, gateway, protocol }) => `route del ${dst}${gateway === "" ? "" : ` via ${gateway}`} proto ${protocol}`,
    );
  const missing = [...wanted].flatMap(([block, ip]) => {
    const route = installed.get(block);
    if (route?.gateway === ip && route.protocol === routeProtocol) return [];
    return [`route replace ${block} via ${ip} proto ${routeProtocol}`];
  });
  return [...stale, ...missing];
}
