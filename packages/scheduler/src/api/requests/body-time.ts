// How long a client may take to send the body of a request of this API: 408 after it, and the end of its connection. The server's own
// limit would hold for what is passed on to clusters too, whose API servers have limits of their own.
import type { Clock } from "@cke/foundation";
import type { FastifyInstance } from "fastify";

/** Bounds the time of every body that is parsed. Default 60 s. */
export function boundBodyTime(app: FastifyInstance, clock: Clock, limitMs = 60_000): void {
  app.addHook("preParsing", async (request, reply) => {
    const { raw } = request;
    if (raw.complete || (raw.headers["content-length"] === undefined && raw.headers["transfer-encoding"] === undefined))
      return;
    const cancel = clock.after(limitMs, () => {
      if (raw.complete || reply.sent) return;
      reply.hijack();
      const error = `the body of the request did not arrive within ${limitMs / 1_000} s`;
      const headers = { "content-type": "application/json; charset=utf-8", connection: "close" };
      reply.raw.writeHead(408, headers).end(JSON.stringify({ error, code: "body_too_slow" }), () => raw.destroy());
    });
    raw.once("close", cancel);
    raw.once("end", cancel);
  });
}
