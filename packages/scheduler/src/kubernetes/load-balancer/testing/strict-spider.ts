// A load balancer for tests that knows exactly the calls of the spider API, and refuses everything else.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { z } from "zod";

const hostsBody = z.strictObject({ vpc: z.string().min(1), host: z.array(z.ipv4()).min(1) });

/** What is to happen to a request: it is answered, or refused, or the connection breaks before or after it had its effect. */
export type Fate = "answer" | "refuse" | "cut-before" | "cut-after";

export class StrictSpider {
  /** Hosts by vpc. */
  readonly hosts = new Map<string, Set<string>>();
  readonly services = new Map<string, Set<string>>();
  readonly vips = new Map<string, string[]>();
  /** "METHOD path": all that was asked. */
  readonly requests: string[] = [];
  /** Requests that the API does not have. */
  readonly violations: string[] = [];
  fate: (request: string) => Fate = () => "answer";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        if (status === 0) request.socket.destroy();
        else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<StrictSpider> {
    const spider = new StrictSpider();
    await once(spider.#server.listen(0, "127.0.0.1"), "listening");
    return spider;
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  hostsOf(vpc: string): readonly string[] {
    return [...(this.hosts.get(vpc) ?? [])].toSorted();
  }

  servicesOf(vpc: string): readonly string[] {
    return [...(this.services.get(vpc) ?? [])].toSorted();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body?: unknown }> {
    const url = new URL(request.url ?? "/", "http://spider");
    const asked = `${request.method} ${url.pathname}`;
    this.requests.push(asked);
    const fate = this.fate(asked);
    if (fate === "cut-before") return { status: 0 };
    if (fate === "refuse") return { status: 503, body: { message: "not now" } };
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
    const value = this.#do(asked, url.searchParams, request, Buffer.concat(chunks).toString());
    if (value === undefined) {
      this.violations.push(`${asked}${url.search} ${Buffer.concat(chunks).toString()}`);
      return { status: 400, body: { message: "there is no such call" } };
    }
    return fate === "cut-after" ? { status: 0 } : { status: 200, body: value };
  }

  /** Undefined for what is not in the API. */
  #do(asked: string, query: URLSearchParams, request: IncomingMessage, body: string): object | undefined {
    const only = (...names: readonly string[]) => {
      const values = names.map((name) => query.get(name) ?? "");
      return [...query.keys()].toSorted().join() === names.toSorted().join() &&
        values.every((value) => value !== "") &&
        body === ""
        ? values
        : undefined;
    };
    switch (asked) {
      case "POST /v1/spider/cke/host/add":
      case "POST /v1/spider/cke/host/update": {
        const parsed = hostsBody.safeParse(JSON.parse(body === "" ? "null" : body));
        if (!parsed.success || query.size > 0 || request.headers["content-type"] !== "application/json")
          return undefined;
        const { vpc, host } = parsed.data;
        const present = this.hosts.get(vpc) ?? new Set<string>();
        this.hosts.set(vpc, present);
        for (const one of host) {
          if (asked.endsWith("add")) present.add(one);
          else present.delete(one);
        }
        return {};
      }
      case "GET /v1/spider/lb/vip/get": {
        const [vpc = ""] = only("vpcTenant") ?? [];
        return vpc === "" ? undefined : { value: this.vips.get(vpc) ?? [] };
      }
      case "GET /v1/spider/lb/service/get": {
        const [vpc = ""] = only("vpc") ?? [];
        return vpc === "" ? undefined : { value: this.servicesOf(vpc).map((serviceid) => ({ serviceid })) };
      }
      case "DELETE /v1/spider/lb/service/del/": {
        const [vpc = "", id = ""] = only("vpc", "serviceid") ?? [];
        if (vpc === "") return undefined;
        this.services.get(vpc)?.delete(id);
        return {};
      }
      default:
        return undefined;
    }
  }
}
