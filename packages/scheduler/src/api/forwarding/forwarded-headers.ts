// Headers of a request or an answer that is passed on: those that concern one connection only stay behind
// (RFC 9110 §7.6.1), who asked is added. Pure.
import type { OutgoingHttpHeaders } from "node:http";
import { forwardedHeader } from "../destination.ts";

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // This server has answered it already.
  "expect",
]);

type RawHeaders = readonly string[];

/** Headers for the other side; one that came several times goes out several times. */
export function endToEndHeaders(raw: RawHeaders): OutgoingHttpHeaders {
  const named = new Set(
    pairs(raw)
      .filter(([name]) => name.toLowerCase() === "connection")
      .flatMap(([, value]) => value.split(",").map((token) => token.trim().toLowerCase())),
  );
  const headers = new Map<string, string[]>();
  for (const [name, value] of pairs(raw)) {
    const key = name.toLowerCase();
    if (hopByHop.has(key) || named.has(key)) continue;
    const values = headers.get(key);
    if (values === undefined) headers.set(key, [value]);
    else values.push(value);
  }
  return Object.fromEntries([...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

export interface Forwarding {
  /** Id of this scheduler. */
  readonly by: string;
  /** `host:port` of the leader. */
  readonly host: string;
  /** Address of the client. */
  readonly client: string;
}

/** Headers of a request to the leader. `upgrade` keeps what asks for another protocol. */
export function requestHeaders(raw: RawHeaders, forwarding: Forwarding, upgrade?: string): OutgoingHttpHeaders {
  // The leader has another address than the one that the page of `Origin` was loaded from; this scheduler has looked at it.
  const { host: asked, origin: _judged, "x-forwarded-for": before, ...headers } = endToEndHeaders(raw);
  const clients = [before ?? [], forwarding.client].flat().join(", ");
  return {
    ...(asked === undefined ? {} : { "x-forwarded-host": asked }),
    ...headers,
    host: forwarding.host,
    "x-forwarded-for": clients,
    [forwardedHeader]: forwarding.by,
    // Asked to keep it open, the leader reads a body that it refuses to its end, so that the refusal can be read too.
    ...(upgrade === undefined ? { connection: "keep-alive" } : { connection: "Upgrade", upgrade }),
  };
}

/** The head of an answer as it goes over the wire, for a socket that has left HTTP. */
export function headText(status: number, message: string, raw: RawHeaders): string {
  const lines = pairs(raw).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${message}\r\n${lines.join("")}\r\n`;
}

function pairs(raw: RawHeaders): readonly (readonly [string, string])[] {
  return Array.from({ length: raw.length >> 1 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}
