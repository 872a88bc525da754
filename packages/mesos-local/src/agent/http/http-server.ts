// The agent's HTTP server, over TCP and a UNIX socket. Status texts, the order of headers and the absence of Connection and
// Keep-Alive are as recorded from mesos-agent.
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { bodyOnTheWire, compressedHeaders } from "../../http/compression.ts";
import { readQuery } from "../../http/query.ts";
import { webPageRefusal } from "../../http/web-page.ts";
import type { MediaType } from "../../wire/index.ts";

/** sun_path of Linux has 108 bytes, the last of them zero. */
const maxSocketPathBytes = 107;
const maxBodyBytes = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  /** Without trailing slashes, percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** The whole body. Rejects with CkeError `too_large`. */
  body(): Promise<Buffer>;
}

/** Headers in order; "Date" is filled in. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | string | NodeJS.ReadableStream;
}

/** An answer, or what to do with the response itself (an event stream). */
export type HttpResult = HttpAnswer | ((response: ServerResponse) => void | Promise<void>);

export type HttpHandler = (request: HttpRequest) => HttpResult | Promise<HttpResult>;

export const dateHeader = ["Date", ""] as const;

/** 202 without a body. */
export const accepted: HttpAnswer = { status: 202, headers: [dateHeader, ["Content-Length", "0"]], body: "" };

/** A refusal in plain text. */
export function refusal(status: number, text: string, extra: readonly (readonly [string, string])[] = []): HttpAnswer {
  const type = ["Content-Type", "text/plain; charset=utf-8"] as const;
  const length = ["Content-Length", String(Buffer.byteLength(text))] as const;
  return { status, headers: [dateHeader, ...extra, type, length], body: text };
}

export function methodNotAllowed(method: string, expected: string): HttpAnswer {
  const text = `405 Method Not Allowed. Expecting one of { '${expected}' }, but received '${method}'.`;
  return refusal(405, text, [["Allow", expected]]);
}

export const notFound = refusal(404, "404 Not Found.");

/** JSON of the classic endpoints, as JSONP when `callback` is set. */
export function classicJson(json: string, callback?: string | null): HttpAnswer {
  const text = callback ? `${callback}(${json})` : json;
  const type = callback ? "text/javascript" : "application/json";
  const length = ["Content-Length", String(Buffer.byteLength(text))] as const;
  return { status: 200, headers: [dateHeader, length, ["Content-Type", type]], body: text };
}

/** A message of the operator API, in the form of its media type. */
export function apiMessage(body: string | Uint8Array, form: MediaType): HttpAnswer {
  const length = ["Content-Length", String(Buffer.byteLength(body))] as const;
  return { status: 200, headers: [dateHeader, ["Content-Type", form], length], body };
}

export interface HttpServerOptions {
  readonly handle: HttpHandler;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  #ip = "";

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Resolves with the port; rejects with the system's error (EADDRINUSE). */
  listen(ip: string, port: number): Promise<number> {
    this.#ip = ip;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, ip, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Listens on a UNIX socket; what an earlier process left at that path is replaced. */
  async listenSocket(path: string): Promise<void> {
    if (Buffer.byteLength(path) > maxSocketPathBytes) {
      throw new CkeError("invalid_work_dir", `${path} is too long for a UNIX socket: choose a shorter work directory`);
    }
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    await chmod(path, 0o600);
  }

  /** Drops every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const refused = this.#refusal(request);
      if (refused !== undefined) {
        request.resume();
        this.#answer(request, response, refusal(403, refused));
        return;
      }
      const result = await this.#options.handle(readRequest(request));
      if (typeof result === "function") await result(response);
      else this.#answer(request, response, result);
    } catch (error) {
      this.#options.logger.error("a request failed", { path: request.url, problem: messageOf(error) });
      // The client gets an answer even then: a connection that just ends looks like a dead agent.
      if (response.headersSent) response.destroy();
      else this.#answer(request, response, failure(error));
    }
  }

  /** Requests over the UNIX socket are not checked: no browser uses one. */
  #refusal({ method, headers, socket }: IncomingMessage): string | undefined {
    if (socket.remoteAddress === undefined) return undefined;
    return webPageRefusal(headers, { method, names: [hostname(), this.#ip] });
  }

  #answer(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
    const date = new Date(this.#options.clock.now()).toUTCString();
    response.removeHeader("connection");
    response.sendDate = false;
    const write = (headers: HttpAnswer["headers"]) => {
      const list = headers.flatMap(([name, value]) => [name, name === "Date" ? date : value]);
      response.writeHead(answer.status, list);
    };
    const { body } = answer;
    if (typeof body === "string") {
      const { bytes, gzip } = bodyOnTheWire(body, request.headers["accept-encoding"]?.toString());
      write(gzip ? compressedHeaders(answer.headers, bytes) : answer.headers);
      response.end(bytes);
      return;
    }
    write(answer.headers);
    if (body instanceof Uint8Array) {
      response.end(body);
      return;
    }
    body.on("error", () => response.destroy());
    body.pipe(response);
  }
}

const failure = (error: unknown) =>
  error instanceof CkeError && error.code === "too_large"
    ? refusal(413, error.message)
    : refusal(500, "Internal error");

function readRequest(request: IncomingMessage): HttpRequest {
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  return {
    method: request.method ?? "GET",
    path: decodePath(path).replace(/(.)\/+$/, "$1"),
    query: readQuery(query),
    headers: request.headers,
    body: async () => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of request) {
        size += chunk.length;
        if (size > maxBodyBytes) throw new CkeError("too_large", "the request is too large", { status: 413 });
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
