// /k8s/v1/clusters/:name/nodes/:node/processes…: shows the processes of a node; restarts, changes, stops or starts one of them. The
// ProcessService decides.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { processChangeBody } from "../../kubernetes/cluster/cluster-body.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import { durationField } from "../requests/duration.ts";
import { flagField } from "../requests/flag-field.ts";
import { goneSignal } from "../streams/gone-signal.ts";
import { named, nodeView } from "./found-part.ts";
import { clientOf } from "./request-client.ts";

const parameters = z.object({ name: z.string(), node: z.string(), process: z.string() });

const ofNode = z.object({ name: z.string(), node: z.string() });
/** Less than a follower waits for the leader's answer. */
const longestWait = "4m";
const query = z.strictObject({
  wait: durationField("0s", longestWait)
    .optional()
    .describe('answers when it is done, or after this time ("60s"); without it at once'),
  force: flagField.describe("stops an etcd also where its cluster has no quorum of etcd afterwards"),
});

export function processRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const base = "/k8s/v1/clusters/:name/nodes/:node/processes";
  const found = { 200: "as in the summary of the cluster", 404: "no such cluster, node or process" };

  app.get(base, { config: { documentation: { summary: "processes of a node", answers: found } } }, async (request) => {
    const { name, node } = ofNode.parse(request.params);
    return nodeView(services.readable(), name, node).processes;
  });

  app.get(
    `${base}/:process`,
    { config: { documentation: { summary: "one process of a node", answers: found } } },
    async (request) => {
      const { name, node, process } = parameters.parse(request.params);
      const { processes } = nodeView(services.readable(), name, node);
      return named(processes, process, "process", `node "${node}"`);
    },
  );

  app.put(
    `${base}/:process`,
    {
      config: {
        documentation: {
          summary:
            "restart a process ({}), give it other options, envs or cmd, other resources without a restart (res), stop or start it (expect); ?wait=60s",
          body: processChangeBody,
          answers: {
            200: "stored, in words; with ?wait: done",
            202: "with ?wait: stored, and not done in that time; the message says why",
            400: "bad values, or what the configuration does not let change",
            404: "no such cluster, node or process",
            409: "not possible now: limits below what is in use, or the stop of an etcd without which its cluster has no quorum (?force=true stops it all the same)",
            422: "never possible",
          },
        },
      },
    },
    async (request, reply) => {
      const { name: cluster, node, process } = parameters.parse(request.params);
      const { wait, force } = validate(query, request.query, "the query");
      refuseEmpty(request);
      const { processes } = services.acting();
      const name = { cluster, node, process };
      const { message, warnings } = await processes.change(name, request.body, clientOf(request), force);
      const more = warnings.length === 0 ? {} : { warnings };
      if (wait === undefined) return reply.code(200).send({ status: 200, message, ...more });
      const { done, words } = await processes.settled(name, wait, goneSignal(reply.raw));
      const status = done ? 200 : 202;
      return reply.code(status).send({ status, message: words === "" ? message : `${message}; ${words}`, ...more });
    },
  );
}

/**
 * Throws a BadRequestError for a request that says it has JSON and has none: its author meant to send something. A request that has no
 * body at all is a restart, for that is how the first description of this API lists it: "PUT … 更新(重启)", without a body.
 */
function refuseEmpty({ body, headers }: FastifyRequest): void {
  if (body !== undefined || headers["content-type"] === undefined) return;
  const message = "the body is empty: {} restarts the process; options, envs, cmd, res and expect change it";
  throw new BadRequestError([{ path: "", message }]);
}
