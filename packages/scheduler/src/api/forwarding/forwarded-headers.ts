// Headers of a forwarded request or answer: hop-by-hop headers are removed (RFC 9110 §7.6.1), the client's address is added. Pure.
import type { OutgoingHttpHeaders } from "node:http";
import { forwardedHeader } from "./destination.ts";

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
  // This server has already answered it (100 Continue).
  "expect",
]);

type RawHeaders = readonly string[];

/** The headers without the hop-by-hop ones; a header that occurs several times is kept several times. */
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

/**
 * The headers that delimit the body of a request that is passed on. Node's client sends a body of a GET or DELETE without any
 * delimiter when there is no length, and its server would read it as a further request.
 */
export function bodyFrame(raw: RawHeaders): OutgoingHttpHeaders {
  const headerOf = (header: string) => pairs(raw).find(([name]) => name.toLowerCase() === header)?.[1];
  if (headerOf("transfer-encoding") !== undefined) return { "transfer-encoding": "chunked" };
  const length = headerOf("content-length");
  return length === undefined ? {} : { "content-length": length };
}

export interface Forwarding {
  /** Id of this scheduler. */
  readonly by: string;
  /** `host:port` of the leader. */
  readonly host: string;
  /** Address of the client. */
  readonly client: string;
}

/** Headers of a request to the leader. `upgrade`: the protocol that the client asks for. */
export function requestHeaders(raw: RawHeaders, forwarding: Forwarding, upgrade?: string): OutgoingHttpHeaders {
  // `Origin` is removed: this scheduler has checked it, and the leader has another address, so its own check would fail.
  const { host: asked, origin: _judged, "x-forwarded-for": before, ...headers } = endToEndHeaders(raw);
  const clients = [before ?? [], forwarding.client].flat().join(", ");
  return {
    ...(asked === undefined ? {} : { "x-forwarded-host": asked }),
    ...headers,
    host: forwarding.host,
    "x-forwarded-for": clients,
    [forwardedHeader]: forwarding.by,
    // With keep-alive the leader reads the whole body of a request that it refuses; else the refusal could be lost.
    ...(upgrade === undefined ? { connection: "keep-alive", ...bodyFrame(raw) } : { connection: "Upgrade", upgrade }),
  };
}

/** The status line and headers of an answer as text, for a socket that Node no longer handles as HTTP. */
export function headText(status: number, message: string, raw: RawHeaders): string {
  const lines = pairs(raw).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${message}\r\n${lines.join("")}\r\n`;
}

function pairs(raw: RawHeaders): readonly (readonly [string, string])[] {
  return Array.from({ length: raw.length >> 1 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}
