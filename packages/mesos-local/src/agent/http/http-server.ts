// The agent's HTTP server, over TCP and a UNIX socket. Status texts, the order of headers and the absence of Connection and
// Keep-Alive are as recorded from mesos-agent.
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { type Answer, datedHeaders, failureAnswer, isTooLarge, reasonOf, textAnswer } from "../../http/answer.ts";
import { bodyOnTheWire, compressedHeaders } from "../../http/compression.ts";
import { bodyOf, targetOf } from "../../http/request.ts";
import { webPageRefusal } from "../../http/web-page.ts";

/** sun_path of Linux has 108 bytes, the last of them zero. */
const maxSocketPathBytes = 107;

export interface HttpRequest {
  readonly method: string;
  /** Without trailing slashes, percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** The whole body. Rejects with CkeError `too_large`. */
  body(): Promise<Buffer>;
}

/** An answer, whose body may also be read from a stream. */
export type HttpAnswer = Omit<Answer, "body"> & { readonly body: Answer["body"] | NodeJS.ReadableStream };

/** An answer, or what to do with the response itself (an event stream). */
export type HttpResult = HttpAnswer | ((response: ServerResponse) => void | Promise<void>);

export type HttpHandler = (request: HttpRequest) => HttpResult | Promise<HttpResult>;

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
        this.#answer(request, response, textAnswer(403, refused));
        return;
      }
      const result = await this.#options.handle(readRequest(request));
      if (typeof result === "function") await result(response);
      else this.#answer(request, response, result);
    } catch (error) {
      if (!isTooLarge(error))
        this.#options.logger.error("a request failed", { path: request.url, problem: messageOf(error) });
      // The client gets an answer even then: a connection that just ends looks like a dead agent.
      if (response.headersSent) response.destroy();
      else this.#answer(request, response, failureAnswer(error));
    }
  }

  /** Requests over the UNIX socket are not checked: no browser uses one. */
  #refusal({ method, headers, socket }: IncomingMessage): string | undefined {
    if (socket.remoteAddress === undefined) return undefined;
    return webPageRefusal(headers, { method, names: [hostname(), this.#ip] });
  }

  #answer(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
    response.removeHeader("connection");
    response.sendDate = false;
    const write = (headers: HttpAnswer["headers"]) => {
      response.writeHead(answer.status, reasonOf(answer.status), headers.flat());
    };
    const { body } = answer;
    const headers = datedHeaders(answer.headers, this.#options.clock.now());
    if (typeof body === "string") {
      const { bytes, gzip } = bodyOnTheWire(body, request.headers["accept-encoding"]?.toString());
      write(gzip ? compressedHeaders(headers, bytes) : headers);
      response.end(bytes);
      return;
    }
    write(headers);
    if (body instanceof Uint8Array) {
      response.end(body);
      return;
    }
    body.on("error", () => response.destroy());
    body.pipe(response);
  }
}

const readRequest = (request: IncomingMessage): HttpRequest => ({
  method: request.method ?? "GET",
  ...targetOf(request.url),
  headers: request.headers,
  body: () => bodyOf(request),
});
