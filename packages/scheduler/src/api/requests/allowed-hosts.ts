// Checks the Host and Origin headers of requests (RFC 9110 §7.2, RFC 6454), as a defence against DNS rebinding: a foreign web page
// can make its own name resolve to this host, and its requests then have that name in the Host header. Names are only compared,
// never looked up.
import { BlockList, isIP } from "node:net";
import { CkeError } from "@cke/foundation";

export interface AllowedHostsOptions {
  /** Names and addresses that this scheduler has itself: of -listen, -service_host, -executor_url. */
  readonly own: readonly string[];
  /** Names that an operator trusts, pages on any of their ports too: -allowed_hosts, the host of -framework_url. */
  readonly trusted: readonly string[];
  /** Name and addresses of this host at this moment; they may change while the scheduler runs. */
  readonly ofThisHost: () => readonly string[];
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Longest piece of a header in an error text, in characters. */
const shownLength = 100;

export class AllowedHosts {
  readonly #own: ReadonlySet<string>;
  readonly #trusted: ReadonlySet<string>;
  readonly #ofThisHost: () => readonly string[];

  constructor({ own, trusted, ofThisHost }: AllowedHostsOptions) {
    this.#own = canonicalSet(own);
    this.#trusted = canonicalSet(trusted);
    this.#ofThisHost = ofThisHost;
  }

  /**
   * The error for a request with these headers: 421 for its Host, 403 for its Origin. Undefined when the request is allowed.
   * A request without Host comes by HTTP/1.0, which no browser speaks. One without Origin comes from no page, or from a page of
   * this API.
   */
  refusal({
    host,
    origin,
  }: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
  }): CkeError | undefined {
    const asked = host === undefined || host === "" ? undefined : parseAuthority(host);
    if (host !== undefined && host !== "" && (asked === undefined || !this.#isKnown(asked.hostname))) {
      return hostRefused(host);
    }
    if (origin !== undefined && !this.#mayAsk(origin, asked)) return originRefused(origin);
    return undefined;
  }

  #isKnown(hostname: string): boolean {
    if (this.#trusted.has(hostname) || this.#own.has(hostname) || isLoopbackHost(hostname)) return true;
    return canonicalSet(this.#ofThisHost()).has(hostname);
  }

  /** An origin on this host must have the port of this API, because other programs own the host's other ports. */
  #mayAsk(origin: string, asked: Authority | undefined): boolean {
    if (!/^https?:\/\/[^/]+$/i.test(origin) || !URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const page = parseAuthority(host);
    if (page === undefined) return false;
    if (this.#trusted.has(page.hostname)) return true;
    const usual = protocol === "https:" ? "443" : "80";
    return asked !== undefined && (page.port ?? usual) === (asked.port ?? usual) && this.#isKnown(page.hostname);
  }
}

interface Authority {
  /** Lower-case, without brackets and without a dot at its end. */
  readonly hostname: string;
  readonly port: string | undefined;
}

/** "Example.org.:80" → example.org and 80; undefined when the text is not a host with an optional port. */
export function parseAuthority(text: string): Authority | undefined {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]]+)(?::(\d{0,5}))?$/i.exec(text) ?? [];
  if (host === undefined) return undefined;
  const hostname = canonicalHost(host);
  if (hostname === undefined) return undefined;
  return { hostname, port: port === undefined || port === "" ? undefined : port };
}

/** The host as a browser writes it in a Host header, without brackets; undefined when it is not a host. */
function canonicalHost(host: string): string | undefined {
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}`;
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function canonicalSet(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.flatMap((host) => canonicalHost(host) ?? []));
}

/** Names below localhost mean loopback to every browser (RFC 6761 §6.3). */
function isLoopbackHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return isLoopbackAddress(hostname);
}

/** 127.0.0.0/8 and ::1, also as IPv4 in IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? "ipv6" : "ipv4");
}

const shown = (text: string) => JSON.stringify(text.length > shownLength ? `${text.slice(0, shownLength)}…` : text);

function hostRefused(host: string): CkeError {
  const words = `the Host header of this request is ${shown(host)}, and this scheduler does not know that name as its own: allowed are the names and addresses of its host, those of -listen, -service_host, -framework_url and -executor_url, and those that -allowed_hosts lists; if clients or a load balancer use this name, add it to -allowed_hosts`;
  return new CkeError("host_not_allowed", words, { status: 421 });
}

function originRefused(origin: string): CkeError {
  const words = `the Origin header of this request is ${shown(origin)}: pages from there may not use this API; allowed are pages of this scheduler's own address and port, and of the hosts that -allowed_hosts lists`;
  return new CkeError("origin_not_allowed", words, { status: 403 });
}
