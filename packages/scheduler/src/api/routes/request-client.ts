// The person or client behind a change, as the cluster's log shows it.
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { forwardedHeader } from "../forwarding/destination.ts";

export const by = z
  .string()
  .regex(/^[^\p{C}]{1,100}$/u, "1 to 100 printable characters")
  .optional()
  .describe("who asks, shown to others; default: the address that the request came from");

/** The client's IP address, also when another scheduler has forwarded the request. Anything but an address is ignored. */
export function clientOf({ ip, headers }: FastifyRequest): string {
  const clients = headers[forwardedHeader] === undefined ? undefined : headers["x-forwarded-for"];
  const client = [clients ?? []].flat().at(-1)?.split(",").at(-1)?.trim() ?? "";
  return isIP(client) === 0 ? ip : client;
}
