// Sends the head of an answer before its first bytes: what is followed may have nothing to say for long.
import type { FastifyReply } from "fastify";

/** Fastify itself sends the head of a stream with its first bytes. */
export function sendHeadNow(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.statusCode = reply.statusCode;
  reply.raw.flushHeaders();
}
