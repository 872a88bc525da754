// Under which address others reach this scheduler, from -service_host, -service_port, -listen and -executor_url.
// Pure; the interfaces of the host are passed in.
import type { NetworkInterfaceInfo } from "node:os";
import { parseListen } from "../api/listen-address.ts";

export interface ServiceAddressInput {
  /** -service_host, already looked up; undefined when neither it nor $HOST is set. */
  readonly serviceHost: string | undefined;
  readonly servicePort: string | undefined;
  readonly listen: string;
  /** Port that the API listens on: that of `listen`, or the one taken for port 0. */
  readonly boundPort: number;
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
}

/** `http://host:port` without a slash at the end. */
export function serviceUrl(input: ServiceAddressInput): string {
  const host = input.serviceHost ?? hostOf(input);
  const port = input.servicePort ?? String(input.boundPort);
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

const wildcards = new Set(["0.0.0.0", "::", ""]);

function hostOf({ listen, interfaces }: ServiceAddressInput): string {
  const { host } = parseListen(listen);
  if (!wildcards.has(host)) return host;
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith("fe80:"));
  const best = outside.find(({ family }) => family === "IPv4") ?? outside[0];
  return best?.address ?? "127.0.0.1";
}

/** -executor_url as a base URL with scheme and without a slash at the end. */
export function executorBaseUrl(flag: string | undefined, ownUrl: string): string {
  if (flag === undefined) return ownUrl;
  const withScheme = /^https?:\/\//i.test(flag) ? flag : `http://${flag}`;
  return withScheme.replace(/\/+$/, "");
}
