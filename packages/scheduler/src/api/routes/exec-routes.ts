// /exec/<name>, and /exec/<sha256>/<name> whose content never changes: executors for Mesos' fetcher, which asks
// HEAD for a Content-Length before it caches (framework-rules B22). Answers ranges and conditional requests.
// A follower of another version may lack some content; it passes such a request on to the leader.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ExecFileNotFoundError, type ExecFiles, type OpenExecFile } from "../../exec-files/exec-files.ts";
import { answerFor } from "../../exec-files/http-range.ts";

const parameters = z.object({ name: z.string(), sha256: z.string().optional() });
const headersSchema = z.object({
  range: z.string().optional(),
  "if-range": z.string().optional(),
  "if-none-match": z.string().optional(),
  "if-modified-since": z.string().optional(),
});

/** Passes a request on to the leader; false when there is no other leader. */
export type PassOn = (request: FastifyRequest, reply: FastifyReply) => boolean;

export function execRoutes(app: FastifyInstance, execFiles: ExecFiles, passOn: PassOn): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { name, sha256 } = parameters.parse(request.params);
    let opened: OpenExecFile;
    try {
      opened = await execFiles.open(name, sha256);
    } catch (error) {
      if (sha256 !== undefined && error instanceof ExecFileNotFoundError && passOn(request, reply)) return reply;
      throw error;
    }
    const { file, handle } = opened;
    let streaming = false;
    try {
      const headers = headersSchema.parse(request.headers);
      const answer = answerFor(file, {
        range: request.method === "GET" ? headers.range : undefined, // RFC 9110 §14.2: a range is for GET only
        ifRange: headers["if-range"],
        ifNoneMatch: headers["if-none-match"],
        ifModifiedSince: headers["if-modified-since"],
      });
      reply
        .code(answer.status)
        .header("etag", file.etag)
        .header("last-modified", new Date(file.modifiedMs).toUTCString())
        .header("accept-ranges", "bytes")
        .header("cache-control", sha256 === undefined ? "no-cache" : "public, max-age=31536000, immutable");
      if (answer.status === 304) return reply.send();
      if (answer.status === 416) {
        return reply
          .header("content-range", `bytes */${file.size}`)
          .send({ error: `the range is outside of the file's ${file.size} bytes`, code: "range_not_satisfiable" });
      }
      const start = answer.status === 206 ? answer.start : 0;
      const end = answer.status === 206 ? answer.end : file.size - 1;
      if (answer.status === 206) reply.header("content-range", `bytes ${start}-${end}/${file.size}`);
      reply
        .type("application/octet-stream")
        .header("content-length", end - start + 1)
        .header("content-disposition", `attachment; filename="${file.name}"`);
      if (request.method === "HEAD" || file.size === 0) return reply.send();
      streaming = true; // the stream closes the handle from here on, also when the client goes away
      return reply.send(handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }));
    } finally {
      if (!streaming) await handle.close();
    }
  };
  const config = (summary: string) => ({
    local: true,
    documentation: {
      summary,
      answers: {
        200: "the file",
        206: "a range of it",
        304: "not modified",
        404: "not in the list",
        416: "no such range",
      },
    },
  });
  app.route({ method: ["GET", "HEAD"], url: "/exec/:name", config: config("download an executor"), handler });
  app.route({
    method: ["GET", "HEAD"],
    url: "/exec/:sha256/:name",
    config: config("download an executor by its content: cacheable for ever"),
    handler,
  });
}
