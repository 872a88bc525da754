// GET /ui/assets/:file: scripts and styles of the pages, from memory.
import { CkeError } from "@cke/foundation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { WebAsset, WebAssets } from "./web-assets.ts";

const parameters = z.object({ file: z.string() });

export function assetRoutes(app: FastifyInstance, assets: WebAssets): void {
  app.get("/ui/assets/:file", async (request, reply) => {
    const { file } = parameters.parse(request.params);
    const asset = file.endsWith(".html") ? undefined : await assets.get(file);
    if (asset === undefined) {
      throw new CkeError("not_found", `there is no ${request.url}`, { status: 404 });
    }
    return sendAsset(request, reply, asset);
  });
}

/** Answers with the asset, compressed where the browser takes that, or with 304. It is asked for again at each use. */
function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: WebAsset): FastifyReply {
  const packed = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const etag = `"${asset.hash}${packed ? "-gzip" : ""}"`;
  reply.header("etag", etag).header("cache-control", "no-cache").header("vary", "accept-encoding");
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  if (packed) reply.header("content-encoding", "gzip");
  return reply.type(asset.type).send(packed ? asset.gzip : asset.content);
}
