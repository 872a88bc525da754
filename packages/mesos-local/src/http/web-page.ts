// Refuses requests that a foreign web page makes in a browser on this host. A command task runs as root here, so such a page
// must reach nothing: neither from its own origin, nor by DNS rebinding (then the Host header has the page's own name; an
// address in Host cannot be rebound). Apache Mesos does not check this. Pure.
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** Why a request is refused; undefined when no foreign page can have made it. `names`: further names of this host. */
export function webPageRefusal(
  headers: IncomingHttpHeaders,
  request: { readonly method: string | undefined; readonly names: readonly string[] },
): string | undefined {
  const { host = "", origin } = headers;
  if (host !== "" && !isOwn(host, request.names)) {
    return `the embedded Mesos is for this host: ask it by an address or by ${["localhost", ...request.names].join(" or ")}, not as "${host.slice(0, 100)}"`;
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return `pages of "${origin.slice(0, 100)}" may not use the embedded Mesos`;
  }
  const site = headers["sec-fetch-site"];
  const followed = headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
  if ((site === "cross-site" || site === "same-site") && !followed) return "pages may not use the embedded Mesos";
  return undefined;
}

function isOwn(host: string, names: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return true;
  return name === "localhost" || name.endsWith(".localhost") || names.some((own) => own.toLowerCase() === name);
}
