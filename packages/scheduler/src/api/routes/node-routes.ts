// /k8s/v1/clusters/:name/nodes…: show, add and remove nodes of a cluster. The NodeService does the work.
import { nodeTypes } from "@cke/protocol";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { nodeChangeFields } from "../../kubernetes/nodes/node-change.ts";
import { defaultDrainSeconds } from "../../kubernetes/nodes/removal-plan.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import { durationField } from "../requests/duration.ts";
import { flagField } from "../requests/flag-field.ts";
import { nodeView } from "./found-part.ts";
import { by, clientOf } from "./request-client.ts";

const ofCluster = z.object({ name: z.string() });
const ofNode = z.object({ name: z.string(), node: z.string() });

/** A rough schema for the documentation; the NodeService checks the body in full. */
const node = z.looseObject({
  name: z.string(),
  type: z.enum(nodeTypes),
  host: z.string().optional().describe("agent host name or address; * is any"),
  node_ip: z.string(),
  ingresses: z.array(z.string()).optional(),
  process: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
});
const addBody = z.union([z.array(node), node]).describe("nodes, or one node, as in the body of a cluster");

const changeBody = z.strictObject({ ...nodeChangeFields, by });
const fieldNames = Object.keys(nodeChangeFields).join(", ");

const replaceBody = z.strictObject({ by }).optional();

const addQuery = z.strictObject({ even: flagField });
const drainQuery = z.strictObject({
  force: flagField,
  timeout: durationField("1s", "24h").default(defaultDrainSeconds * 1_000),
});
const removeQuery = drainQuery.extend({ even: flagField });

export function nodeRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const base = "/k8s/v1/clusters/:name/nodes";

  app.get(
    base,
    { config: { documentation: { summary: "nodes of a cluster", answers: { 200: "list", 404: "no such cluster" } } } },
    async (request) => services.readable().get(ofCluster.parse(request.params).name).nodes,
  );

  app.get(
    `${base}/:node`,
    { config: { documentation: { summary: "one node", answers: { 200: "node", 404: "no such cluster or node" } } } },
    async (request) => {
      const { name, node } = ofNode.parse(request.params);
      return nodeView(services.readable(), name, node);
    },
  );

  app.post(
    base,
    {
      config: {
        documentation: {
          summary:
            "add nodes to a cluster; nothing that runs is disturbed. Masters join etcd one after the other; ?even=true: also when their number is even then",
          body: addBody,
          answers: {
            201: "stored, their bring-up has begun; warnings: unknown fields of the body, which were ignored, and hosts that are not known",
            404: "no such cluster",
            409: "the cluster has such a node or address already, or is being deleted; masters: etcd has no majority, or another plan changes masters",
            422: "well-formed but impossible",
          },
        },
      },
    },
    async (request, reply) => {
      const { name } = ofCluster.parse(request.params);
      if (request.body === undefined)
        throw new BadRequestError([{ path: "", message: "the body is empty: nodes are expected" }]);
      const { even } = validate(addQuery, request.query, "the query");
      const { names, warnings } = await services.acting().nodes.add(name, request.body, clientOf(request), { even });
      const what = names.length === 1 ? `node "${names[0]}" is` : `${names.length} nodes (${names.join(", ")}) are`;
      return reply.code(201).send({
        status: 201,
        message: `${what} being added to cluster "${name}"`,
        ...(warnings.length === 0 ? {} : { warnings }),
      });
    },
  );

  app.patch(
    `${base}/:node`,
    {
      config: {
        documentation: {
          summary: "change labels, taints, ingresses and attributes of a node; start or stop a worker or a console",
          body: changeBody,
          answers: {
            202: "stored, in words; warnings: what takes effect with the next launch",
            400: "a field is wrong",
            404: "no such cluster or node",
            409: "it is being deleted or removed, or another plan has the node",
            422: "well-formed but impossible: a master alone, labels of a console",
          },
        },
      },
    },
    async (request, reply) => {
      const { name, node } = ofNode.parse(request.params);
      const { by: asker = clientOf(request), ...change } = validate(changeBody, request.body, "the body");
      if (Object.keys(change).length === 0)
        throw new BadRequestError([{ path: "", message: `the body changes nothing: it may have ${fieldNames}` }]);
      const { message, warnings } = await services.acting().nodes.change(name, node, change, asker);
      return reply.code(202).send({ status: 202, message, ...(warnings.length === 0 ? {} : { warnings }) });
    },
  );

  app.delete(
    `${base}/:node`,
    {
      config: {
        documentation: {
          summary:
            "drain and remove nodes (names with commas between them); ?force=true: without regard to PodDisruptionBudgets; ?timeout=<time> of the drain (90, 90s, 2m)",
          answers: {
            202: "the removal has begun",
            404: "no such cluster or node",
            409: "the last master, a master without which etcd has no majority, a stopped cluster, a cluster that is being deleted, or a node with another plan",
            422: "an even number of masters would be left (?even=true)",
          },
        },
      },
    },
    async (request, reply) => {
      const { name, node: list } = ofNode.parse(request.params);
      const { force, timeout, even } = validate(removeQuery, request.query, "the query");
      const names = list.split(",").map((one) => one.trim());
      const options = { force, drainSeconds: Math.ceil(timeout / 1_000), ...(even ? { even } : {}) };
      const message = await services.acting().nodes.remove(name, names, options, clientOf(request));
      return reply.code(202).send({ status: 202, message });
    },
  );

  app.post(
    `${base}/:node/replace`,
    {
      config: {
        documentation: {
          summary:
            "replace a node: another instance of it begins, under its name and address, with nothing of the old one's data, elsewhere where an agent has room. One that runs is drained first; ?force=true: without regard to PodDisruptionBudgets; ?timeout=<time> of the drain (90, 90s, 2m). One that is out of reach is not waited for",
          body: replaceBody,
          answers: {
            202: "the replacement has begun, in words",
            400: "a field that is not known: nothing was replaced",
            404: "no such cluster or node",
            409: "a master without which etcd has no majority, a stopped cluster, a cluster that is being deleted, or a node with another plan",
          },
        },
      },
    },
    async (request, reply) => {
      const { name, node } = ofNode.parse(request.params);
      const { by: asker = clientOf(request) } = validate(replaceBody, request.body, "the body") ?? {};
      const { force, timeout } = validate(drainQuery, request.query, "the query");
      const options = { force, drainSeconds: Math.ceil(timeout / 1_000) };
      const message = await services.acting().nodes.replace(name, node, asker, options);
      return reply.code(202).send({ status: 202, message });
    },
  );
}
