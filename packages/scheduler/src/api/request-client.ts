// Who asks for a change, as it is shown to others.
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { forwardedHeader } from "./destination.ts";

export const by = z
  .string()
  .regex(/^[^\p{C}]{1,100}$/u, "1 to 100 printable characters")
  .optional()
  .describe("who asks, shown to others; default: the address that the request came from");

/** The client's address, also when another scheduler has passed its request on. It is stored: only an address will do. */
export function clientOf({ ip, headers }: FastifyRequest): string {
  const clients = headers[forwardedHeader] === undefined ? undefined : headers["x-forwarded-for"];
  const client = [clients ?? []].flat().at(-1)?.split(",").at(-1)?.trim() ?? "";
  return isIP(client) === 0 ? ip : client;
}
