// GET …/processes/:process/files and …/executor/files, and …/files/:file: what a process, or an executor, has written, in parts, by ranges or followed, with constant memory.
import { Readable } from "node:stream";
import { CkeError } from "@cke/foundation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { FileStream } from "../../channel/channel.ts";
import { type FilePart, type FileReads, outputFileName } from "../../kubernetes/process-files/process-file-reads.ts";
import type { LeaderServices } from "../../leadership/leader-services.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { validate } from "../requests/api-error.ts";
import { type AskedPart, type FileAnswer, fileAnswer, fileQuery, partOf } from "./file-parts.ts";
import { goneSignal } from "./gone-signal.ts";
import { sendHeadNow } from "./head-now.ts";

const node = { name: z.string(), node: z.string() };
const process = { process: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, "the name of a process") };
const file = { file: z.string().regex(outputFileName, "stdout, stderr, or a rotated one of them (stdout.1)") };
const rangeHeaders = z.object({ range: z.string().optional(), "if-range": z.string().optional() });

const nodePath = "/k8s/v1/clusters/:name/nodes/:node";
const troubles = {
  409: "the node has not run yet",
  410: "they are gone: where they were, and what is still known",
  502: "they cannot be reached now",
  504: "the executor does not answer",
} as const;

/** A sort of files: where they are in the API, and what it is of. */
interface FileKind<Of> {
  readonly path: string;
  /** Of the files in the documentation: "a process". */
  readonly of: string;
  readonly listParameters: z.ZodType<Of>;
  readonly fileParameters: z.ZodType<Of & { readonly file: string }>;
  readonly reads: (services: LeaderServices) => FileReads<Of>;
}

const toCluster = <Of extends { readonly name: string }>({ name, ...rest }: Of) => ({ cluster: name, ...rest });

export function fileRoutes(app: FastifyInstance, services: ServiceAccess): void {
  register(app, services, {
    path: `${nodePath}/processes/:process/files`,
    of: "a process",
    listParameters: z.object({ ...node, ...process }).transform(toCluster),
    fileParameters: z.object({ ...node, ...process, ...file }).transform(toCluster),
    reads: ({ files }) => files,
  });
  register(app, services, {
    path: `${nodePath}/executor/files`,
    of: "a node's executor, in its sandbox of the Mesos agent",
    listParameters: z.object(node).transform(toCluster),
    fileParameters: z.object({ ...node, ...file }).transform(toCluster),
    reads: ({ sandboxFiles }) => sandboxFiles,
  });
}

function register<Of>(app: FastifyInstance, services: ServiceAccess, kind: FileKind<Of>): void {
  app.get(
    kind.path,
    {
      config: {
        documentation: {
          summary: `the output files of ${kind.of}: name, size, time of the last change`,
          answers: { 200: "by name; none before it has run", 404: "no such cluster, node or process", ...troubles },
        },
      },
    },
    async (request, reply) => {
      const of = validate(kind.listParameters, request.params, "the path");
      const files = await kind.reads(services.acting()).list(of, goneSignal(reply.raw));
      return reply.header("cache-control", "no-store").send({
        files: files.map(({ name, size, modifiedAtMs }) => ({ name, size, modified: isoTime(modifiedAtMs) })),
      });
    },
  );
  app.route({
    method: ["GET", "HEAD"],
    url: `${kind.path}/:file`,
    config: {
      documentation: {
        summary: `the output of ${kind.of} (stdout, stderr, stdout.1, …); ?offset=&length=&follow=true, or a Range header`,
        answers: {
          200: "the bytes; X-CKE-File-Offset and X-CKE-File-Size say where they are in the file",
          206: "a range of it",
          404: "no such cluster, node, process or file",
          416: "no such range",
          ...troubles,
        },
      },
    },
    handler: (request, reply) => {
      const of = validate(kind.fileParameters, request.params, "the path");
      const reads = kind.reads(services.acting());
      return sendFile(request, reply, of.file, (part, signal) => reads.open(of, of.file, part, signal));
    },
  });
}

type Open = (part: FilePart, signal: AbortSignal) => Promise<FileStream>;

/** Answers with a file, or with the part of it that the request asks for. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  open: Open,
): Promise<FastifyReply> {
  const query = validate(fileQuery, request.query, "the query");
  const headers = rangeHeaders.parse(request.headers);
  const head = request.method === "HEAD";
  // RFC 9110 §14.2: a range is for GET only. A file that grows has no validator that a part could be compared with.
  const range = head || headers["if-range"] !== undefined ? undefined : headers.range;
  const asked = partOf(name, query, range);
  const part = head ? { ...asked.part, follow: false, length: 1 } : asked.part;
  const stream = await open(part, goneSignal(reply.raw));
  const told = fileAnswer(asked, stream);
  setHeaders(reply, stream, told);
  if (told.status === 416) {
    stream.close();
    const error = `the range is outside of the file's ${stream.fileSize} bytes`;
    return reply.send({ error, code: "range_not_satisfiable" });
  }
  if (head || told.length === 0) {
    stream.close();
    return reply.send(head ? undefined : "");
  }
  // What is followed may have nothing to say for long; its head must not wait for that.
  if (asked.part.follow === true) sendHeadNow(reply);
  return reply.send(Readable.from(bounded(stream, told.length), { objectMode: false }));
}

function setHeaders(reply: FastifyReply, { offset, fileSize, modifiedAtMs }: FileStream, told: FileAnswer): void {
  reply
    .code(told.status)
    .header("cache-control", "no-store")
    .header("x-cke-file-size", fileSize)
    .header("accept-ranges", "bytes");
  if (modifiedAtMs > 0) reply.header("last-modified", new Date(modifiedAtMs).toUTCString());
  if (told.contentRange !== undefined) reply.header("content-range", told.contentRange);
  if (told.status === 416) return;
  reply.type("text/plain; charset=utf-8").header("x-cke-file-offset", offset);
  if (told.length !== undefined) reply.header("content-length", told.length);
}

/** As many bytes as were announced, whatever the node sends. Throws when there are fewer: the answer is cut off then. */
async function* bounded({ content }: FileStream, length: AskedPart["part"]["length"]): AsyncGenerator<Uint8Array> {
  let left = length ?? Number.POSITIVE_INFINITY;
  for await (const chunk of content) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.length;
    if (left <= 0) return;
  }
  if (left !== Number.POSITIVE_INFINITY)
    throw new CkeError("file_truncated", `the file ended ${left} bytes before the end that it had`);
}

const isoTime = (ms: number) => (ms === 0 ? null : new Date(ms).toISOString());
