// /k8s/v1/clusters/:name/floating-ips: addresses outside that lead to one pod each. The FloatingService does the work.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { askedFloating, floatingBody } from "../../kubernetes/floating/floating-body.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { validate } from "../requests/api-error.ts";
import { clientOf } from "./request-client.ts";

const ofCluster = z.object({ name: z.string() });
const ofAddress = z.object({ name: z.string(), address: z.string() });

export function floatingRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const base = "/k8s/v1/clusters/:name/floating-ips";

  app.get(
    base,
    {
      config: {
        documentation: { summary: "floating addresses of a cluster", answers: { 200: "list", 404: "no such cluster" } },
      },
    },
    async (request) => services.acting().floating.list(ofCluster.parse(request.params).name),
  );

  app.post(
    base,
    {
      config: {
        documentation: {
          summary: "give a pod, or an address of one, an address outside",
          body: floatingBody,
          answers: {
            201: "the floating address",
            400: "wrong body",
            404: "no such cluster",
            409: "it has one already, or none is free",
            422: "the cluster has no pool, or the address is not in its range",
          },
        },
      },
    },
    async (request, reply) => {
      const { name } = ofCluster.parse(request.params);
      const asked = askedFloating(validate(floatingBody, request.body, "the body"));
      return reply.status(201).send(await services.acting().floating.add(name, asked, clientOf(request)));
    },
  );

  app.delete(
    `${base}/:address`,
    {
      config: {
        documentation: {
          summary: "give a floating address back",
          answers: { 200: "it is given back", 404: "no such cluster or address" },
        },
      },
    },
    async (request) => {
      const { name, address } = ofAddress.parse(request.params);
      await services.acting().floating.remove(name, address, clientOf(request));
      return { status: 200, message: `floating address ${address} is given back` };
    },
  );
}
