// One GET of an image, over any number of redirects, each judged before it is followed. Certificates are checked with the
// authorities of the host besides those of Node, as an operator's own server is often known to the host only.
import type { IncomingMessage, RequestOptions } from "node:http";
import { CkeError } from "@cke/foundation";
import { codeOf } from "../storage/file-errors.ts";
import { describeUrl } from "./image-source.ts";

export interface HttpLimits {
  /** To connect and to begin to answer, and then between parts of the body, in ms. */
  readonly stallMs: number;
  readonly maxRedirects: number;
}

export const httpLimits: HttpLimits = { stallMs: 60_000, maxRedirects: 10 };

export interface HttpAsk {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly limits: HttpLimits;
  /** A redirect from https to http is followed: the content is checked with a sum anyhow. */
  readonly mayLeaveTls: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case name; "" when it is not there. */
  readonly header: (name: string) => string;
  /** The body must be read to its end, or destroyed. */
  readonly body: IncomingMessage;
  /** After redirects. */
  readonly url: URL;
}

/** A failure of the way to the server: worth another attempt. */
export class ConnectionFailure extends Error {}

const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** Throws ConnectionFailure, or CkeError when another attempt would give the same. */
export async function openHttp(ask: HttpAsk): Promise<HttpAnswer> {
  let url = ask.url;
  for (let hops = 0; ; hops += 1) {
    const body = await request(url, ask);
    const status = body.statusCode ?? 0;
    const header = (name: string) => [body.headers[name] ?? ""].flat().join(", ");
    if (!redirects.includes(status)) return { status, header, body, url };
    body.destroy();
    if (hops >= ask.limits.maxRedirects) {
      const words = `${describeUrl(ask.url)} redirects more than ${ask.limits.maxRedirects} times; give the last address itself`;
      throw new CkeError("image_unreachable", words);
    }
    url = redirectTarget(url, header("location"), ask.mayLeaveTls);
  }
}

/** Where a redirect leads. Throws CkeError image_unreachable for one that is not followed. Pure. */
export function redirectTarget(from: URL, location: string, mayLeaveTls: boolean): URL {
  const refuse = (words: string) => new CkeError("image_unreachable", `${describeUrl(from)} redirects ${words}`);
  const target = location === "" ? null : URL.parse(location, from.href);
  if (target === null) throw refuse("without saying where to");
  if (target.protocol !== "http:" && target.protocol !== "https:")
    throw refuse(`to ${target.protocol}, which is not followed`);
  if (from.protocol === "https:" && target.protocol === "http:" && !mayLeaveTls)
    throw refuse(`from https to ${describeUrl(target)}: give the image's sha256, or another address`);
  target.username = "";
  target.password = "";
  return target;
}

async function request(url: URL, { headers, signal, limits }: HttpAsk): Promise<IncomingMessage> {
  signal.throwIfAborted();
  // Both are loaded only where an image is fetched: an executor that adopts a guest needs neither.
  const send = url.protocol === "https:" ? (await import("node:https")).request : (await import("node:http")).request;
  const secure = url.protocol === "https:" ? { ca: await authorities() } : {};
  const options: RequestOptions = {
    agent: false,
    headers: { "User-Agent": "cke-vm-exec", Accept: "*/*", "Accept-Encoding": "identity", ...headers },
    signal,
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = send(url, { ...options, ...secure }, resolve);
  sent.on("error", (error) => reject(signal.aborted ? signal.reason : connectionError(url, error)));
  const late = () => sent.destroy(new Error(`it did not answer within ${limits.stallMs / 1_000} s`));
  const timer = setTimeout(late, limits.stallMs);
  sent.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

let known: Promise<string[]> | undefined;
function authorities(): Promise<string[]> {
  known ??= import("node:tls").then(({ getCACertificates }) => [
    ...new Set([...getCACertificates("default"), ...getCACertificates("system")]),
  ]);
  return known;
}

const certificateCodes = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

function connectionError(url: URL, error: Error): Error {
  const code = codeOf(error) ?? "";
  if (!certificateCodes.test(code))
    return new ConnectionFailure(`${url.host}: ${error.message || code}`, { cause: error });
  const remedy = "install its authority on this host (update-ca-certificates), or correct the server's certificate";
  return new CkeError("image_unreachable", `the certificate of ${url.host} is not accepted (${code}): ${remedy}`, {
    cause: error,
  });
}
