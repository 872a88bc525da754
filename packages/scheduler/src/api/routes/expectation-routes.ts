// PATCH /k8s/v1/clusters/:name, POST …/start and …/stop: whether a cluster should run, and its routers. The ClusterService decides.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { type AskedExpectation, askedExpectations } from "../../workload/plans/expectation.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import { by, clientOf } from "./request-client.ts";

const ofCluster = z.object({ name: z.string() });

const expectBody = z.strictObject({
  expect: z
    .enum(
      askedExpectations,
      '"RUN" or "STOP" (a cluster that is to be gone is deleted: DELETE /k8s/v1/clusters/<name>)',
    )
    .describe("RUN: it runs; STOP: it ends in order, and its data, addresses and keys stay"),
  by,
});
const changeBody = z.strictObject({
  expect: expectBody.shape.expect.optional(),
  routers: z
    .array(z.unknown())
    .describe(
      "the routers that its nodes speak BGP with from now on, as in the body of a cluster; passwords stay as they are",
    )
    .optional(),
  by,
});

/** One of both changes may be refused, and the other one would be done by then. */
function refuseOtherThanOne({ expect, routers }: z.infer<typeof changeBody>): void {
  if ((expect === undefined) !== (routers === undefined)) return;
  const message =
    expect === undefined
      ? 'the body gives nothing to change: it must have expect ("RUN" or "STOP"), or routers'
      : "must be given alone, and routers alone: given are both";
  throw new BadRequestError([{ path: expect === undefined ? "" : "expect", message }]);
}
const byBody = z.strictObject({ by }).optional();

const answers = {
  202: "stored, in words; it happens in order",
  400: "not RUN or STOP, or no list of routers",
  404: "no such cluster or node",
  409: "it is being deleted",
  422: "routers that this cluster cannot have",
};
const words: Readonly<Record<AskedExpectation, string>> = {
  RUN: "start a stopped cluster: the same nodes, data, addresses and keys",
  STOP: "stop a cluster: workers and consoles, then masters; its data stays, its resources go back to Mesos",
};
const verbs = [
  ["start", "RUN"],
  ["stop", "STOP"],
] as const;

export function expectationRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const base = "/k8s/v1/clusters/:name";
  app.patch(
    base,
    {
      config: {
        documentation: { summary: "start or stop a cluster, or change its routers", body: changeBody, answers },
      },
    },
    async (request, reply) => {
      const { name } = ofCluster.parse(request.params);
      const asked = validate(changeBody, request.body, "the body");
      refuseOtherThanOne(asked);
      const { expect, routers, by: asker = clientOf(request) } = asked;
      const leader = services.leading();
      const done = [
        ...(routers === undefined ? [] : [await leader.changeRouters(name, routers, asker)]),
        ...(expect === undefined ? [] : [await leader.expect(name, undefined, expect, asker)]),
      ];
      return reply.code(202).send({ status: 202, message: done.join("; ") });
    },
  );
  for (const [verb, expect] of verbs) {
    app.post(
      `${base}/${verb}`,
      { config: { documentation: { summary: words[expect], body: byBody, answers } } },
      async (request, reply) => {
        const { name } = ofCluster.parse(request.params);
        const { by: asker = clientOf(request) } = validate(byBody, request.body, "the body") ?? {};
        const message = await services.leading().expect(name, undefined, expect, asker);
        return reply.code(202).send({ status: 202, message });
      },
    );
  }
}
