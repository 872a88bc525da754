// POST and DELETE of a VM's move to another host.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { moveBody } from "../../vm/migration/move-request.ts";
import { validate } from "../requests/api-error.ts";
import { durationField } from "../requests/duration.ts";
import { by, clientOf } from "../routes/request-client.ts";
import { goneSignal } from "../streams/gone-signal.ts";
import { vmNameOf, vmsPath } from "./vm-routes.ts";

/** Less than a follower waits for the leader's answer. */
const longestWait = "4m";
const query = z.strictObject({
  host: z.string().optional().describe("as in the body"),
  wait: durationField("0s", longestWait)
    .optional()
    .describe('answers when it is done, or after this time ("60s"); without it at once'),
});
const abandonBody = z.strictObject({ by }).optional();

export function vmMigrationRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const migration = () => services.acting().vmControl.migration;
  const url = `${vmsPath}/:name/migrate`;
  const answers = { 404: "no such VM", 409: "not possible now, or not for this VM: the message says why" };

  app.post(
    url,
    {
      config: {
        documentation: {
          summary:
            "move a VM to another host with its disks: while it runs where it can, else it is shut down, and starts there; ?host=…&wait=60s",
          body: moveBody.optional(),
          answers: {
            200: "with ?wait: done",
            202: "stored; GET …/state shows how far it is",
            400: "bad values",
            ...answers,
          },
        },
      },
    },
    async (request, reply) => {
      const { host, wait } = validate(query, request.query, "the query");
      const name = vmNameOf(request);
      const wish = host === undefined ? request.body : { host, ...objectOf(request) };
      const message = await migration().begin(name, wish, clientOf(request));
      if (wait === undefined) return reply.code(202).send({ status: 202, message });
      const { done, words } = await migration().settled(name, wait, goneSignal(reply.raw));
      const status = done ? 200 : 202;
      return reply.code(status).send({ status, message: words === "" ? message : `${message}; ${words}` });
    },
  );

  app.delete(
    url,
    {
      config: {
        documentation: {
          summary: "give a move up that has not changed the VM's host yet",
          body: abandonBody,
          answers: { 202: "what was copied is removed", ...answers },
        },
      },
    },
    async (request, reply) => {
      const { by: asker = clientOf(request) } = validate(abandonBody, request.body, "the body") ?? {};
      const message = await migration().abandon(vmNameOf(request), asker);
      return reply.code(202).send({ status: 202, message });
    },
  );
}

/** What a body adds to the query; what is no object is refused where bodies are read. */
function objectOf({ body }: FastifyRequest): object {
  return typeof body === "object" && body !== null ? body : {};
}
