// An HTTP server of images that does what servers on bad days do.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Conduct {
  content: Uint8Array;
  /** "" gives none. */
  etag: string;
  /** It knows Range. */
  ranges: boolean;
  /** It says how long the content is. */
  length: boolean;
  /** After so many bytes of an answer the connection breaks, or stands still. */
  breakAfter: number | undefined;
  stallAfter: number | undefined;
  /** For so many requests. */
  breaks: number;
  /** Answers with this status and these headers, and nothing else. */
  refuse: { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined;
  /** For so many requests; undefined: for all. */
  refusals: number | undefined;
}

export class ImageServer {
  readonly conduct: Conduct;
  /** Headers of each request. */
  readonly requests: { readonly path: string; readonly range: string; readonly ifNoneMatch: string }[] = [];
  bytesSent = 0;
  readonly #server: Server;

  private constructor(server: Server, conduct: Conduct) {
    this.#server = server;
    this.conduct = conduct;
  }

  static async start(content: Uint8Array, tls?: { readonly cert: string; readonly key: string }): Promise<ImageServer> {
    const conduct: Conduct = {
      content,
      etag: '"1"',
      ranges: true,
      length: true,
      breakAfter: undefined,
      stallAfter: undefined,
      breaks: Number.POSITIVE_INFINITY,
      refuse: undefined,
      refusals: undefined,
    };
    const listener: RequestListener = (request, response) => server.#answer(request, response);
    const server: ImageServer = new ImageServer(
      tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener),
      conduct,
    );
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/image`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { conduct } = this;
    const range = request.headers.range ?? "";
    this.requests.push({ path: request.url ?? "", range, ifNoneMatch: request.headers["if-none-match"] ?? "" });
    if (conduct.refuse !== undefined && (conduct.refusals ?? 1) > 0) {
      if (conduct.refusals !== undefined) conduct.refusals -= 1;
      response.writeHead(conduct.refuse.status, conduct.refuse.headers).end();
      return;
    }
    const validators = conduct.etag === "" ? {} : { etag: conduct.etag };
    if (conduct.etag !== "" && request.headers["if-none-match"] === conduct.etag) {
      response.writeHead(304, validators).end();
      return;
    }
    const valid = request.headers["if-range"] === undefined || request.headers["if-range"] === conduct.etag;
    const from = conduct.ranges && valid ? Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0) : 0;
    const { content } = conduct;
    if (from > 0 && from >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const length = conduct.length ? { "content-length": content.length - from } : {};
    const part = from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...validators, ...length, ...part });
    const end = conduct.breaks > 0 ? (conduct.breakAfter ?? conduct.stallAfter) : undefined;
    const body = content.subarray(from, end === undefined ? undefined : from + end);
    this.bytesSent += body.length;
    if (end === undefined || body.length < end) {
      response.end(body);
      return;
    }
    conduct.breaks -= 1;
    response.write(body, () => {
      if (conduct.breakAfter !== undefined) setTimeout(() => response.destroy(), 50); // what was written has arrived by then, or not
    });
  }
}
