// POST …/processes/:process/checks: runs the health checks of a process once, now, in its node, through the channel to the node's executor.
// What the state shows of them is the wrapper's last look.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { validate } from "../requests/api-error.ts";
import { goneSignal } from "./gone-signal.ts";

const body = z.strictObject({}).optional();
const parameters = z.object({ name: z.string(), node: z.string(), process: z.string() });

interface CheckView {
  readonly name: string;
  readonly phase: string;
  readonly passing: boolean;
  /** Why it does not pass; "" when there is nothing to say. */
  readonly message: string;
  readonly duration_ms: number;
}

export function checkRoutes(app: FastifyInstance, services: ServiceAccess): void {
  app.post(
    "/k8s/v1/clusters/:name/nodes/:node/processes/:process/checks",
    {
      config: {
        documentation: {
          summary: "run the health checks of a process once, now, in its node",
          body,
          answers: {
            200: "name, phase, passing, message and duration_ms of each, in their order",
            400: "a body with fields: none is known here",
            404: "no such cluster, node or process",
            409: "the node does not run",
            502: "the node cannot be reached now",
            504: "the executor does not answer",
          },
        },
      },
    },
    async (request, reply) => {
      const { name: cluster, node, process } = validate(parameters, request.params, "the path");
      validate(body, request.body, "the body");
      const { processes, channels } = services.acting();
      const probes = processes.checks({ cluster, node, process });
      const signal = goneSignal(reply.raw);
      const checks: CheckView[] = [];
      if (probes.length > 0) {
        const channel = await channels.open(cluster, node, signal);
        for (const probe of probes) {
          const { passing, message, durationMs } = await channel.probe(probe, signal);
          const { name, phase } = probe;
          checks.push({ name, phase, passing, message: withoutSecrets(message), duration_ms: durationMs });
        }
      }
      return reply.header("cache-control", "no-store").send({ checks });
    },
  );
}
