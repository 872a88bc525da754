// GET …/console/kubectl: a terminal in the browser; GET …/console/kubectl/ws: its WebSocket; GET …/console/dashboard: the
// cluster's dashboard.
import { CkeError } from "@cke/foundation";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { consoleQuery } from "../../console/console-request.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { validate } from "../requests/api-error.ts";
import { clientOf } from "../routes/request-client.ts";
import { type ConsoleSocketOptions, serveConsole } from "./console-socket.ts";
import { sendPage } from "./page.ts";
import type { WebAssets } from "./web-assets.ts";

export interface ConsoleRoutesOptions extends ConsoleSocketOptions {
  readonly services: ServiceAccess;
  readonly assets: WebAssets;
}

const parameters = z.object({ name: z.string() });
const nameOf = (request: FastifyRequest) => parameters.parse(request.params).name;

export function consoleRoutes(app: FastifyInstance, options: ConsoleRoutesOptions): void {
  const { services, assets } = options;
  const url = "/k8s/v1/clusters/:name/console/kubectl";
  app.get(
    url,
    {
      config: {
        documentation: {
          summary:
            "web terminal with kubectl; ?pod=&container=&namespace=&attach=true: in a container; ?node=: in a KubeNode",
          answers: { 200: "an HTML page", 404: "no such cluster" },
        },
      },
    },
    async (request, reply) => {
      services.readable().get(nameOf(request));
      validate(consoleQuery, request.query, "the query");
      return await sendPage(reply, assets, "terminal.html");
    },
  );
  app.get(
    "/k8s/v1/clusters/:name/console/dashboard",
    {
      config: {
        documentation: {
          summary: "the cluster's dashboard in the browser",
          answers: { 200: "an HTML page", 404: "no such cluster" },
        },
      },
    },
    async (request, reply) => {
      services.readable().get(nameOf(request));
      return await sendPage(reply, assets, "dashboard.html");
    },
  );
  app.route({
    method: "GET",
    url: `${url}/ws`,
    config: {
      documentation: {
        summary: "WebSocket of the web terminal; its query, and &rows=&columns=",
        answers: {
          101: "binary frames: input and output; JSON text frames: resize, shown; session, exit, error. Close codes: 1000, 1012, 4000 + HTTP status",
          426: "not a WebSocket request",
        },
      },
    },
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket").header("connection", "upgrade");
      throw new CkeError("upgrade_required", "this is a WebSocket: connect with ws://", { status: 426 });
    },
    wsHandler: (socket, request) => {
      // A browser learns nothing of a refused handshake, so what is wrong is told on the WebSocket.
      const query = () => validate(consoleQuery, request.query, "the query");
      void serveConsole(socket, { cluster: nameOf(request), query, by: clientOf(request) }, options);
    },
  });
}
