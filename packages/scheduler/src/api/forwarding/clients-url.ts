// By which URL a client reaches this scheduler: what it must use again, whatever is between.
import type { FastifyRequest } from "fastify";
import { parseAuthority } from "../requests/allowed-hosts.ts";
import { forwardedHeader } from "./destination.ts";

/**
 * `http(s)://host:port` as the client asked; undefined when it did not say. The Host header was compared already, also by a
 * follower that has passed the request on. A proxy that speaks TLS says so in X-Forwarded-Proto.
 */
export function clientsUrl({ headers, protocol }: Pick<FastifyRequest, "headers" | "protocol">): string | undefined {
  const passedOn = headers[forwardedHeader] !== undefined;
  const host = one(passedOn ? headers["x-forwarded-host"] : undefined) ?? headers.host;
  if (host === undefined || parseAuthority(host) === undefined) return undefined;
  const secure = protocol === "https" || one(headers["x-forwarded-proto"])?.toLowerCase() === "https";
  return `${secure ? "https" : "http"}://${host}`;
}

/** The first value of a header that proxies may repeat. */
const one = (header: string | readonly string[] | undefined): string | undefined =>
  [header ?? []].flat()[0]?.split(",")[0]?.trim();
