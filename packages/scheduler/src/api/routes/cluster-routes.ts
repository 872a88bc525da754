// /k8s/v1/clusters…: create, list, show and delete clusters. The ClusterService does the work.
import { nodeTypes } from "@cke/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { vias } from "../../kubernetes/views/api-addresses.ts";
import type { ClusterListItem } from "../../kubernetes/views/cluster-views.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { memoize } from "../../workload/records/memoize.ts";
import { clientsUrl } from "../forwarding/clients-url.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import type { RouteDocumentation } from "./route-catalog.ts";

const parameters = z.object({ name: z.string() });
const nameOf = (request: FastifyRequest) => parameters.parse(request.params).name;

const kubeconfigQuery = z.strictObject({ via: z.enum(vias, `one of ${vias.join(", ")}`).optional() });

/** A rough schema of a cluster for the documentation; the ClusterService checks the body in full. */
const clusterBody = z
  .looseObject({
    cluster_name: z.string().describe("letters, digits and -, at most 63"),
    cluster_type: z.literal("k8s").optional(),
    k8s_ver: z.string().optional().describe("one of supported_ver; default: the newest"),
    network: z.string().optional().describe("name of a Docker network"),
    kubenodes: z.array(
      z.looseObject({
        name: z.string(),
        type: z.enum(nodeTypes),
        host: z.string().optional().describe("agent host name or address; * is any"),
        node_ip: z.string().optional(),
        ingresses: z.array(z.string()).optional(),
        process: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
      }),
    ),
    ingresses: z.array(z.looseObject({ name: z.string(), port: z.string().optional() })).optional(),
  })
  .describe("a cluster");

/** An item is another object when it changes, so with a thousand clusters few texts are made for a request. */
const itemText = memoize((item: ClusterListItem) => JSON.stringify(item));

export function clusterRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const base = "/k8s/v1/clusters";
  const config = (documentation: RouteDocumentation) => ({ config: { documentation } });
  const found = (what: string) => ({ 200: what, 404: "no such cluster" });

  app.get(
    "/k8s/v1/supported_ver",
    config({ summary: "Kubernetes versions that can be deployed", answers: { 200: '{"vers":["1.20"]}' } }),
    async () => ({ vers: services.readable().supportedVersions() }),
  );

  app.get(base, config({ summary: "list of clusters", answers: { 200: "list" } }), async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(`[${services.readable().list().map(itemText).join(",")}]`),
  );

  app.post(
    base,
    config({
      summary: "create a cluster",
      body: clusterBody,
      answers: {
        201: "stored, its bring-up has begun; warnings: unknown fields of the body, which were ignored, and hosts that are not known",
        409: "exists already",
        422: "well-formed but impossible",
      },
    }),
    async (request, reply) => {
      if (request.body === undefined)
        throw new BadRequestError([{ path: "", message: "the body is empty: a cluster is expected" }]);
      const { name, warnings } = await services.leading().create(request.body);
      return reply
        .code(201)
        .header("location", `${base}/${encodeURIComponent(name)}`)
        .send({
          status: 201,
          message: `cluster "${name}" is being created`,
          ...(warnings.length === 0 ? {} : { warnings }),
        });
    },
  );

  app.get(
    `${base}/:name`,
    config({ summary: "a cluster with its nodes and processes", answers: found("summary") }),
    async (request) => services.readable().get(nameOf(request)),
  );

  app.delete(
    `${base}/:name`,
    config({ summary: "delete a cluster", answers: { 202: "the deletion has begun", 404: "no such cluster" } }),
    async (request, reply) => {
      const name = nameOf(request);
      await services.leading().remove(name);
      return reply.code(202).send({ status: 202, message: `cluster "${name}" is being deleted` });
    },
  );

  app.get(
    `${base}/:name/state`,
    config({ summary: "everything known of a cluster, with task states, reasons and phases", answers: found("state") }),
    async (request) => services.readable().state(nameOf(request)),
  );

  app.get(
    `${base}/:name/pending`,
    config({
      summary: "what is not placed yet: what it needs, and why each offer was refused",
      answers: found("list; empty when nothing waits"),
    }),
    async (request) => services.readable().pending(nameOf(request)),
  );

  app.get(
    `${base}/:name/network`,
    config({
      summary: "how its pods are routed: blocks of nodes, sessions of BGP, routers, and what is announced",
      answers: found("network"),
    }),
    async (request) => services.readable().network(nameOf(request)),
  );

  app.get(
    `${base}/:name/json`,
    config({ summary: "the JSON that creates this cluster", answers: found("body for POST") }),
    async (request) => services.readable().json(nameOf(request)),
  );

  app.get(
    `${base}/:name/adminToken`,
    config({ summary: "a bearer token with cluster-admin", answers: found('{"AdminToken":"…"}') }),
    async (request, reply) => {
      const AdminToken = await services.leading().adminToken(nameOf(request));
      return reply.header("cache-control", "no-store").send({ AdminToken });
    },
  );

  app.get(
    `${base}/:name/kubeconfig`,
    config({
      summary:
        "a kubeconfig with cluster-admin; ?via=scheduler|port|spider-lb|direct, by default the first that can be used",
      answers: { ...found("YAML; X-CKE-Via says which way it uses"), 409: "that way is not there" },
    }),
    async (request, reply) => {
      const { via } = validate(kubeconfigQuery, request.query, "the query");
      const ask = { via, schedulerUrl: clientsUrl(request) };
      const kubeconfig = await services.leading().kubeconfig(nameOf(request), ask);
      reply.header("cache-control", "no-store").header("x-cke-via", kubeconfig.via);
      return reply.type("application/yaml; charset=utf-8").send(kubeconfig.text);
    },
  );
}
