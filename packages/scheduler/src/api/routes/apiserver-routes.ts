// /k8s/v1/clusters/:name/apiserver/…: a cluster's own API, through this scheduler. The router sees one path for all of it.
import { CkeError } from "@cke/foundation";
import type { FastifyInstance } from "fastify";
import type { ApiserverProxy } from "../apiserver/apiserver-proxy.ts";
import { apiserverUrl } from "../requests/url-aliases.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function apiserverRoutes(app: FastifyInstance, proxy: ApiserverProxy): void {
  app.route({
    method: methods,
    url: "/k8s/v1/clusters/:name/apiserver",
    exposeHeadRoute: false,
    config: {
      documentation: {
        summary: "the cluster's own API: …/apiserver/<path>, with the caller's own Authorization (adminToken)",
        answers: { 200: "what its API server answers, as any other status", 502: "no master can be reached" },
      },
    },
    // Before the body is read: neither its size nor its type is this API's business.
    onRequest: async (request, reply) => {
      const asked = apiserverUrl(request.originalUrl);
      if (asked === undefined)
        throw new CkeError("bad_request", "the name of the cluster in the URL cannot be read", { status: 400 });
      reply.hijack();
      proxy.forward(request.raw, reply.raw, asked);
    },
    handler: async () => undefined,
  });
}
