// POST /k8s/v1/clusters/:name/plan/…: what an operator may say to a plan. The deciding is the ClusterService's.
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ClusterService, PlanAction } from "../domain/cluster-service.ts";
import { validate } from "./api-error.ts";
import { forwardedHeader } from "./destination.ts";

const parameters = z.object({ name: z.string() });

const by = z
  .string()
  .regex(/^[^\p{C}]{1,100}$/u, "must be 1 to 100 printable characters")
  .optional()
  .describe("who asks, shown to others; default: the address that the request came from");
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

/** The client's address, also when another scheduler has passed its request on. It is stored: only an address will do. */
function clientOf({ ip, headers }: FastifyRequest): string {
  const clients = headers[forwardedHeader] === undefined ? undefined : headers["x-forwarded-for"];
  const client = [clients ?? []].flat().at(-1)?.split(",").at(-1)?.trim() ?? "";
  return isIP(client) === 0 ? ip : client;
}

export function planRoutes(app: FastifyInstance, service: ClusterService): void {
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
        const { by = clientOf(request), ...target } = validate(body, request.body, "the body") ?? {};
        const message = await service.changePlan(name, action, target, by);
        return reply.code(202).send({ status: 202, message });
      },
    );
  }
}
