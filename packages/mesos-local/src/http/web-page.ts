// Whether a request was made by a web page of a stranger in a browser on this host. A command task runs as root here, so a
// page must reach nothing: neither from its own origin, nor under a name that it lets mean this host (DNS rebinding: then
// Host is that name; an address in Host cannot be rebound). Apache Mesos does not look. Pure.
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** Why it is refused; undefined for a request that no stranger's page can have made. `names`: further names of this host. */
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
