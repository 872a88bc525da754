// Where masters are: the value of a framework's `-master` flag, and the Location of a redirect. Pure parsing.
import { CkeError } from "@cke/foundation";

const defaultMasterPort = 5050;
const defaultZooKeeperPort = 2181;

/** An HTTP server of Mesos; `basePath` is a proxy's prefix before /api/v1, "" or "/prefix". */
export interface MesosEndpoint {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  readonly port: number;
  readonly basePath: string;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export type MasterAddress =
  | { readonly kind: "list"; readonly endpoints: readonly MesosEndpoint[] }
  | { readonly kind: "zookeeper"; readonly servers: readonly HostAndPort[]; readonly path: string };

function invalid(text: string, problem: string): CkeError {
  return new CkeError(
    "mesos_invalid_master_address",
    `the Mesos master address "${text}" is wrong: ${problem}; write host:port, a comma list of them, http(s)://host:port or zk://host:port,host:port/path`,
    { status: 400 },
  );
}

/** "host", "host:port", "[::1]:port"; undefined when it is none of them. */
export function parseHostAndPort(text: string, defaultPort: number): HostAndPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/@[\]?#]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return host === undefined || port < 1 || port > 65535 ? undefined : { host, port };
}

function parseUrl(text: string): MesosEndpoint | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "" || url.hostname === "") return undefined;
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const basePath = url.pathname.replace(/\/+$/, "");
  return { protocol: url.protocol, host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port, basePath };
}

function parseEndpoint(text: string): MesosEndpoint | undefined {
  if (text.includes("://")) return parseUrl(text);
  const address = parseHostAndPort(text, defaultMasterPort);
  return address === undefined ? undefined : { protocol: "http:", ...address, basePath: "" };
}

function parseZooKeeper(text: string): MasterAddress {
  const rest = text.slice("zk://".length);
  if (rest.includes("@")) throw invalid("zk://…", "credentials do not belong into an address, others can read it");
  const slash = rest.indexOf("/");
  const path = slash === -1 ? "/" : rest.slice(slash).replace(/(?<=.)\/+$/, "");
  const servers = (slash === -1 ? rest : rest.slice(0, slash)).split(",").map((server) => server.trim());
  const parsed = servers.map((server) => parseHostAndPort(server, defaultZooKeeperPort));
  const valid = parsed.filter((server) => server !== undefined);
  if (valid.length !== parsed.length) throw invalid(text, "a ZooKeeper server is not of the form host:port");
  if (path !== "/" && !/^(?:\/(?!\.{1,2}(?:\/|$))[^/\s]+)+$/.test(path)) {
    throw invalid(text, `"${path}" is not a path of ZooKeeper`);
  }
  return { kind: "zookeeper", servers: valid, path };
}

/**
 * Reads `-master`: `host:port`, `host` (port 5050), `http(s)://host:port/prefix`, a comma list of these, or `zk://…`.
 * Throws CkeError `mesos_invalid_master_address`.
 */
export function parseMasterAddress(text: string): MasterAddress {
  const trimmed = text.trim();
  if (trimmed.startsWith("zk://")) return parseZooKeeper(trimmed);
  const parts = trimmed.split(",").map((part) => part.trim());
  const endpoints = parts.map((part) => {
    if (part.includes("@")) throw invalid("…@…", "credentials do not belong into an address, others can read it");
    const endpoint = parseEndpoint(part);
    if (endpoint === undefined) throw invalid(part, part === "" ? "it is empty" : "it is not a host and port");
    return endpoint;
  });
  return { kind: "list", endpoints };
}

/** "host:port", "[::1]:port". */
export function hostAndPortText({ host, port }: HostAndPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** "http://host:port/prefix". */
export function describeEndpoint({ protocol, host, port, basePath }: MesosEndpoint): string {
  return `${protocol}//${hostAndPortText({ host, port })}${basePath}`;
}

/**
 * Reads the Location of a 307 from `from`: Mesos sends `//host:port/path` (the scheme stays), other versions and proxies
 * `host:port`, `host:port/path`, a path, or a whole URL. What follows `/api/v1/…` is dropped. Undefined when it cannot be
 * read, or when it would lead from https to http.
 */
export function parseRedirect(location: string, from: MesosEndpoint): MesosEndpoint | undefined {
  const text = location.trim();
  if (text === "") return undefined;
  let url = text;
  if (text.startsWith("//")) url = from.protocol + text;
  else if (text.startsWith("/")) url = describeEndpoint({ ...from, basePath: "" }) + text;
  else if (!text.includes("://")) url = `${from.protocol}//${text}`;
  const endpoint = parseUrl(url);
  if (endpoint === undefined || (from.protocol === "https:" && endpoint.protocol === "http:")) return undefined;
  return { ...endpoint, basePath: endpoint.basePath.replace(/\/api\/v1(?:\/.*)?$/, "") };
}
