// /vm/v1/vms…: create, list, show, start, stop and delete virtual machines. The VmService does the work.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import { by, clientOf } from "../routes/request-client.ts";
import type { RouteDocumentation } from "../routes/route-catalog.ts";

const parameters = z.object({ name: z.string() });
export const vmNameOf = (request: FastifyRequest) => parameters.parse(request.params).name;
export const vmsPath = "/vm/v1/vms";

const byBody = z.strictObject({ by }).optional();
const forceQuery = z.strictObject({
  force: z
    .enum(["true", "false", ""], "true or false")
    .transform((text) => text !== "false")
    .default(false),
});

/** A rough schema of a VM for the documentation; the VmService checks the body in full. */
const vmBody = z
  .looseObject({
    name: z.string().describe("letters, digits and -, at most 63"),
    id: z.string().optional().describe("the client's own id; a UUID becomes the domain's"),
    from: z
      .string()
      .optional()
      .describe('"vm" or "vm@snapshot": a clone of that VM; other fields are given over the VM\'s own'),
    template: z.boolean().optional().describe("it never starts, and is only cloned"),
    cpus: z.number().optional().describe("compulsory without from"),
    mem: z.number().optional().describe("MiB of the guest; compulsory without from"),
    host: z.string().optional().describe("agent host name or address; * is any"),
    bootType: z.enum(["hd", "cdrom", "network", "kernel"]).optional(),
    disk: z.looseObject({}).optional().describe('{"system": {"image": "…", "size": "20G"}, "data": […]}'),
    network: z.union([z.array(z.looseObject({})), z.looseObject({}), z.string()]).optional(),
    cloudInit: z.looseObject({}).optional(),
  })
  .describe("a VM (docs/vm-body.md)");

const verbs: readonly { readonly verb: string; readonly expect: AskedExpectation; readonly summary: string }[] = [
  { verb: "start", expect: "RUN", summary: "start a VM that is stopped or has finished: with its disks and addresses" },
  {
    verb: "stop",
    expect: "STOP",
    summary:
      "stop a VM: its guest is asked to shut down, and ended when it does not; its disks stay, its resources go back",
  },
];

const planActions: readonly { readonly action: PlanAction; readonly summary: string }[] = [
  { action: "pause", summary: "launch nothing for the VM; what runs goes on" },
  { action: "resume", summary: "end such a pause" },
  { action: "retry", summary: "try at once what failed or waits for its next try" },
  { action: "skip", summary: "give up what the removal of the VM waits for" },
];

export function vmRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const config = (documentation: RouteDocumentation) => ({ config: { documentation } });
  const found = (what: string) => ({ 200: what, 404: "no such VM" });
  const leading = () => services.acting().vms;

  app.get(vmsPath, config({ summary: "list of VMs", answers: { 200: "list" } }), async () =>
    services.readableVms().list(),
  );

  app.post(
    vmsPath,
    config({
      summary: "create a VM, or a clone of another one (from)",
      body: vmBody,
      answers: {
        201: "stored, its bring-up has begun; warnings: unknown fields of the body, which were ignored",
        404: "there is no VM, or no snapshot of it, of which the clone is to be made",
        409: "exists already (a cluster may have the name too), or its source cannot be cloned now",
        422: "well-formed but impossible",
      },
    }),
    async (request, reply) => {
      if (request.body === undefined)
        throw new BadRequestError([{ path: "", message: "the body is empty: a VM is expected" }]);
      const { name, warnings } = await leading().create(request.body);
      const message = `VM "${name}" is being created`;
      return reply
        .code(201)
        .header("location", `${vmsPath}/${encodeURIComponent(name)}`)
        .send({ status: 201, message, ...(warnings.length === 0 ? {} : { warnings }) });
    },
  );

  app.get(
    "/vm/v1/overvms",
    config({ summary: "VMs that have finished or were deleted, newest first", answers: { 200: "list" } }),
    async () => services.readableVms().over(),
  );

  app.get(`${vmsPath}/:name`, config({ summary: "a VM", answers: found("summary") }), async (request) =>
    services.readableVms().get(vmNameOf(request)),
  );

  app.delete(
    `${vmsPath}/:name`,
    config({ summary: "delete a VM with its disks", answers: { 202: "the deletion has begun", 404: "no such VM" } }),
    async (request, reply) => {
      const name = vmNameOf(request);
      await leading().remove(name);
      return reply.code(202).send({ status: 202, message: `VM "${name}" is being deleted` });
    },
  );

  app.get(
    `${vmsPath}/:name/state`,
    config({ summary: "everything known of a VM, with its domain, reasons and phases", answers: found("state") }),
    async (request) => services.readableVms().state(vmNameOf(request)),
  );

  app.get(
    `${vmsPath}/:name/pending`,
    config({
      summary: "what is not placed yet: what it needs, and why each offer was refused",
      answers: found("list; empty when nothing waits"),
    }),
    async (request) => services.readableVms().pending(vmNameOf(request)),
  );

  app.get(
    `${vmsPath}/:name/json`,
    config({ summary: "the JSON that creates this VM, without its secrets", answers: found("body for POST") }),
    async (request) => services.readableVms().json(vmNameOf(request)),
  );

  for (const { verb, expect, summary } of verbs) {
    const answers = { 202: "stored, in words; it happens in order", 404: "no such VM", 409: "it is being deleted" };
    app.post(`${vmsPath}/:name/${verb}`, config({ summary, body: byBody, answers }), async (request, reply) => {
      const { by: asker = clientOf(request) } = validate(byBody, request.body, "the body") ?? {};
      const message = await leading().expect(vmNameOf(request), expect, asker);
      return reply.code(202).send({ status: 202, message });
    });
  }

  app.post(
    `${vmsPath}/:name/replace`,
    config({
      summary:
        "let a VM whose host is lost begin anew with the content of its images, on another agent; ?force=true: also where its disks may still exist",
      body: byBody,
      answers: {
        202: "stored, in words",
        404: "no such VM",
        409: "its disks are not lost, or it may still run; the words say what can be done",
      },
    }),
    async (request, reply) => {
      const { force } = validate(forceQuery, request.query, "the query");
      const { by: asker = clientOf(request) } = validate(byBody, request.body, "the body") ?? {};
      const message = await leading().replace(vmNameOf(request), force, asker);
      return reply.code(202).send({ status: 202, message });
    },
  );

  for (const { action, summary } of planActions) {
    const answers = { 202: "done, in words", 404: "no such VM", 409: "not possible now", 422: "never possible" };
    app.post(`${vmsPath}/:name/plan/${action}`, config({ summary, body: byBody, answers }), async (request, reply) => {
      const { by: asker = clientOf(request) } = validate(byBody, request.body, "the body") ?? {};
      const message = await leading().changePlan(vmNameOf(request), action, asker);
      return reply.code(202).send({ status: 202, message });
    });
  }
}
