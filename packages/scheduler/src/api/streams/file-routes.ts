// GET …/nodes/:node/processes/:process/files/:file: what a process has written, in parts or followed, with constant memory.
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { validate } from "../requests/api-error.ts";
import { goneSignal } from "./gone-signal.ts";

/** Where the wrapper keeps the output of processes in a KubeNode: its default, which no image changes. */
const outputDirectory = "/var/log/cke";

const parameters = z.object({
  name: z.string(),
  node: z.string(),
  process: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, "the name of a process"),
  file: z.string().regex(/^(stdout|stderr)(\.[1-9]\d?)?$/, "stdout, stderr, or a rotated one of them (stdout.1)"),
});
const whole = z.string().regex(/^-?\d{1,15}$/, "a whole number of bytes");
const query = z.strictObject({
  offset: whole.default("0").describe("where to begin; negative: counted from the end"),
  length: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, "a whole number of bytes, at least 1")
    .optional()
    .describe("bytes; default: to the end"),
  follow: z.enum(["true", "false"]).default("false").describe("true: goes on with what is written later"),
});

export function fileRoutes(app: FastifyInstance, channels: WorkloadChannels): void {
  app.get(
    "/k8s/v1/clusters/:name/nodes/:node/processes/:process/files/:file",
    {
      exposeHeadRoute: false,
      config: {
        documentation: {
          summary: "the output of a process (stdout, stderr, stdout.1, …); ?offset=&length=&follow=true",
          answers: {
            200: "the bytes; X-CKE-File-Offset and X-CKE-File-Size say where they are in the file",
            404: "no such cluster, node or file",
            409: "the node does not run",
            502: "its executor cannot be reached",
            504: "its executor does not answer",
          },
        },
      },
    },
    async (request, reply) => {
      const { name, node, process, file } = validate(parameters, request.params, "the path");
      const { offset, length = "0", follow } = validate(query, request.query, "the query");
      const signal = goneSignal(reply.raw);
      const channel = await channels.open(name, node, signal);
      const begin = Number(offset);
      const stream = await channel.file(
        {
          path: `${outputDirectory}/${process}/${file}`,
          offset: Math.abs(begin),
          fromEnd: begin < 0 || Object.is(begin, -0),
          length: Number(length),
          follow: follow === "true",
        },
        signal,
      );
      return reply
        .header("cache-control", "no-store")
        .header("x-cke-file-offset", stream.offset)
        .header("x-cke-file-size", stream.fileSize)
        .type("text/plain; charset=utf-8")
        .send(Readable.from(stream.content, { objectMode: false }));
    },
  );
}
