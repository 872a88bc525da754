// PATCH and PUT of a VM, and what is done to one that runs: power, snapshots, questions to its guest, pictures, files.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { guestQuestions, powerActions } from "../../vm/views/vm-control-service.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";
import { by, clientOf } from "../routes/request-client.ts";
import type { RouteDocumentation } from "../routes/route-catalog.ts";
import { sendFile } from "../streams/file-routes.ts";
import { goneSignal } from "../streams/gone-signal.ts";
import { vmNameOf, vmsPath } from "./vm-routes.ts";

const base = `${vmsPath}/:name`;
const byBody = z.strictObject({ by }).optional();
const snapshotName = z
  .string()
  .regex(/^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$/, "letters, digits, - _ and . (which are not at an end)")
  .max(63, "at most 63 characters");
const ofSnapshot = z.object({ name: z.string(), snapshot: snapshotName });
const snapshotBody = z.strictObject({
  name: snapshotName,
  memory: z.boolean().default(false).describe("with the guest's memory: a revert goes on where it was"),
  quiesce: z.boolean().default(false).describe("the guest agent makes file systems whole first"),
  description: z.string().max(256, "at most 256 characters").default(""),
});
const guestQuery = z.strictObject({
  question: z.enum(guestQuestions, guestQuestions.join(", ")).default("info"),
});
const ofFile = z.object({
  name: z.string(),
  directory: z.enum(["logs", "seed"], "logs or seed"),
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, "the name of a file"),
});
const changeBody = z
  .looseObject({})
  .describe("fields of a VM (docs/vm-body.md), and state: running, stopped or paused");

/** What every route may answer that reaches the executor. */
const troubles = {
  404: "no such VM",
  409: "it does not run, or not so that this is possible",
  502: "there is no way to its executor now",
  504: "its agent or its executor does not answer",
} as const;

const powerWords = {
  shutdown: "ask the guest to shut down; when it has, the VM has finished",
  reboot: "ask the guest to start anew",
  reset: "the reset button: the guest begins anew at once",
} as const;

export function vmControlRoutes(app: FastifyInstance, services: ServiceAccess): void {
  const control = () => services.acting().vmControl;
  const config = (documentation: RouteDocumentation) => ({ config: { documentation } });
  const asker = (request: FastifyRequest) => validate(byBody, request.body, "the body")?.by ?? clientOf(request);
  const snapshotOf = (request: FastifyRequest) => validate(ofSnapshot, request.params, "the path");

  for (const [method, whole, summary] of [
    [
      "PATCH",
      false,
      "change what the body names of a VM; what the guest cannot take while it runs follows with its next start",
    ],
    ["PUT", true, "make a VM what the body says; what the guest cannot take while it runs follows with its next start"],
  ] as const)
    app.route({
      method,
      url: base,
      ...config({
        summary,
        body: changeBody,
        answers: {
          202: "stored; at_next_start names what follows later",
          404: "no such VM",
          409: "not possible now",
          422: "never possible",
        },
      }),
      handler: async (request, reply) => {
        if (request.body === undefined)
          throw new BadRequestError([{ path: "", message: "the body is empty: fields to change are expected" }]);
        const { warnings, ...rest } = await control().change(
          vmNameOf(request),
          request.body,
          whole,
          clientOf(request),
          goneSignal(reply.raw),
        );
        return reply.code(202).send({ status: 202, ...rest, ...(warnings.length === 0 ? {} : { warnings }) });
      },
    });

  for (const action of powerActions)
    app.post(
      `${base}/${action}`,
      config({ summary: powerWords[action], body: byBody, answers: { 202: "done, in words", ...troubles } }),
      async (request, reply) => {
        const message = await control().power(vmNameOf(request), action, asker(request), goneSignal(reply.raw));
        return reply.code(202).send({ status: 202, message });
      },
    );

  for (const [action, paused, summary] of [
    ["pause", true, "the guest stands still and keeps its memory, until it is resumed"],
    ["resume", false, "a paused guest goes on"],
  ] as const)
    app.post(
      `${base}/${action}`,
      config({
        summary,
        body: byBody,
        answers: { 202: "stored, in words", 404: "no such VM", 409: "it is stopped or being deleted" },
      }),
      async (request, reply) => {
        const message = await control().pause(vmNameOf(request), paused, asker(request));
        return reply.code(202).send({ status: 202, message });
      },
    );

  app.get(
    `${base}/snapshots`,
    config({ summary: "snapshots of a VM", answers: { 200: "list", ...troubles } }),
    async (request, reply) => await control().snapshots(vmNameOf(request), goneSignal(reply.raw)),
  );
  app.post(
    `${base}/snapshots`,
    config({ summary: "make a snapshot of a VM", body: snapshotBody, answers: { 201: "made", ...troubles } }),
    async (request, reply) => {
      const ask = validate(snapshotBody, request.body, "the body");
      const message = await control().snapshot(vmNameOf(request), ask, goneSignal(reply.raw));
      return reply.code(201).send({ status: 201, message });
    },
  );
  app.post(
    `${base}/snapshots/:snapshot/revert`,
    config({
      summary: "make a VM what it was when the snapshot was made",
      body: byBody,
      answers: { 202: "done", ...troubles },
    }),
    async (request, reply) => {
      const { name, snapshot } = snapshotOf(request);
      const message = await control().revert(name, snapshot, goneSignal(reply.raw));
      return reply.code(202).send({ status: 202, message });
    },
  );
  app.delete(
    `${base}/snapshots/:snapshot`,
    config({ summary: "remove a snapshot", answers: { 202: "done", ...troubles } }),
    async (request, reply) => {
      const { name, snapshot } = snapshotOf(request);
      const message = await control().removeSnapshot(name, snapshot, goneSignal(reply.raw));
      return reply.code(202).send({ status: 202, message });
    },
  );

  app.get(
    `${base}/guest`,
    config({
      summary: `what the guest agent says; ?question=${guestQuestions.join("|")}`,
      answers: { 200: "JSON of the agent", ...troubles },
    }),
    async (request, reply) => {
      const { question } = validate(guestQuery, request.query, "the query");
      const answer = await control().guest(vmNameOf(request), question, goneSignal(reply.raw));
      return reply.header("cache-control", "no-store").send({ question, answer });
    },
  );
  app.get(
    `${base}/screenshot`,
    config({ summary: "a picture of the VM's screen", answers: { 200: "PNG or PPM", ...troubles } }),
    async (request, reply) => {
      const { type, bytes } = await control().screenshot(vmNameOf(request), goneSignal(reply.raw));
      return reply.header("cache-control", "no-store").type(type).send(Buffer.from(bytes));
    },
  );

  app.get(
    `${base}/files`,
    config({
      summary: "logs of a VM and its seed without secrets: path, size, time of the last change",
      answers: { 200: "list", ...troubles },
    }),
    async (request, reply) => {
      const files = await control().files(vmNameOf(request), goneSignal(reply.raw));
      return reply.header("cache-control", "no-store").send({ files });
    },
  );
  app.route({
    method: ["GET", "HEAD"],
    url: `${base}/files/:directory/:file`,
    ...config({
      summary:
        "such a file (logs/console.log, logs/domain.log, seed/…); ?offset=&length=&follow=true, or a Range header",
      answers: { 200: "the bytes", 206: "a range of it", 416: "no such range", ...troubles },
    }),
    handler: (request, reply) => {
      const { name, directory, file } = validate(ofFile, request.params, "the path");
      const reads = control();
      return sendFile(request, reply, file, (part, signal) => reads.file(name, `/${directory}/${file}`, part, signal));
    },
  });
}
