// The names of this scheduler's API, from the flags and from the host that it runs on.
import { hostname, networkInterfaces } from "node:os";
import { parseListen } from "../api/listen-address.ts";
import { AllowedHosts } from "../api/requests/allowed-hosts.ts";
import type { Flags } from "../flags/flags.ts";

type HostFlags = Pick<Flags, "listen" | "service_host" | "framework_url" | "executor_url" | "allowed_hosts">;

export function allowedHosts(flags: HostFlags, ofThisHost: () => readonly string[] = hostNames): AllowedHosts {
  const { listen, service_host, framework_url, executor_url, allowed_hosts = "" } = flags;
  return new AllowedHosts({
    own: [parseListen(listen).host, ...(service_host === undefined ? [] : [service_host]), ...hostOfUrl(executor_url)],
    trusted: [...allowed_hosts.split(",").map((host) => host.trim()), ...hostOfUrl(framework_url)],
    ofThisHost,
  });
}

/** The host's name and the addresses of its interfaces, without the zones of link-local ones. */
function hostNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [hostname(), ...addresses.map(({ address }) => address.replace(/%.*$/, ""))];
}

/** The host of a URL, or of `host:port` as -executor_url may be. */
function hostOfUrl(url: string | undefined): readonly string[] {
  if (url === undefined) return [];
  const withScheme = /^https?:\/\//i.test(url) ? url : `http://${url}`;
  return URL.canParse(withScheme) ? [new URL(withScheme).hostname] : [];
}
