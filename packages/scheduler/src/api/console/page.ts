// An HTML page with a strict policy: its scripts and styles come from /ui/assets, and it talks to this scheduler alone.
import { randomBytes } from "node:crypto";
import { CkeError } from "@cke/foundation";
import type { FastifyReply } from "fastify";
import type { WebAssets } from "./web-assets.ts";

/** Stands in the page where the value of this answer goes: xterm.js makes style elements, which must have it. */
const nonceMark = "CKE_NONCE";

export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

export async function sendPage(reply: FastifyReply, assets: WebAssets, file: string): Promise<FastifyReply> {
  const page = await assets.get(file);
  if (page === undefined) throw new CkeError("not_found", `this build has no page ${file}`, { status: 404 });
  const nonce = randomBytes(16).toString("base64url");
  return reply
    .headers({
      "content-security-policy": pagePolicy(nonce),
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
    })
    .type("text/html; charset=utf-8")
    .send(page.content.toString("utf8").replaceAll(nonceMark, nonce));
}
