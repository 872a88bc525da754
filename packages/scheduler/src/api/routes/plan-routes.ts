// POST /k8s/v1/clusters/:name/plan/…: an operator's commands for a plan. The ClusterService decides.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import { validate } from "../requests/api-error.ts";
import { by, clientOf } from "./request-client.ts";

const parameters = z.object({ name: z.string() });

const node = z.string().optional().describe("name of a node; default: the whole cluster");
const process = z.string().optional().describe("name of a process of that node");

const ofNode = z.strictObject({ node, by }).optional();
const ofProcess = z.strictObject({ node, process, by }).optional();

const routes: readonly {
  readonly action: PlanAction;
  readonly summary: string;
  readonly body: z.ZodType<
    { node?: string | undefined; process?: string | undefined; by?: string | undefined } | undefined
  >;
}[] = [
  { action: "pause", summary: "launch nothing for a cluster or a node; what runs goes on", body: ofNode },
  { action: "resume", summary: "end a pause", body: ofNode },
  { action: "retry", summary: "try at once what failed, waits for its next try or was given up", body: ofProcess },
  { action: "skip", summary: "give up a failed process, or what a removal waits for", body: ofProcess },
];

export function planRoutes(app: FastifyInstance, services: ServiceAccess): void {
  for (const { action, summary, body } of routes) {
    const answers = {
      202: "done, in words",
      404: "no such cluster, node or process",
      409: "not possible now",
      422: "never possible",
    };
    app.post(
      `/k8s/v1/clusters/:name/plan/${action}`,
      { config: { documentation: { summary, body, answers } } },
      async (request, reply) => {
        const { name } = parameters.parse(request.params);
        const { by: asker = clientOf(request), ...target } = validate(body, request.body, "the body") ?? {};
        const message = await services.leading().changePlan(name, action, target, asker);
        return reply.code(202).send({ status: 202, message });
      },
    );
  }
}
