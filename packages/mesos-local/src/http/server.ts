// The master's HTTP server: reads whole requests, writes answers byte for byte as Mesos does (Node's own headers
// are switched off), and opens RecordIO streams with one record per chunk.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import { encodeRecord } from "@cke/mesos";
import { type Answer, datedHeaders, failureAnswer, isTooLarge, reasonOf, textAnswer } from "./answer.ts";
import { bodyOnTheWire, compressedHeaders } from "./compression.ts";
import { bodyOf, targetOf } from "./request.ts";
import { webPageRefusal } from "./web-page.ts";

const maxUnreadBytes = 256 * 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  /** Without query, without a trailing slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** First value of a header, by lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  /** Answers with an endless chunked body instead of an Answer. */
  readonly openStream: (headers: Answer["headers"]) => RecordStream;
}

/** The body of a streaming answer. */
interface RecordStream {
  /** Writes one record as one HTTP chunk. */
  send(record: string | Uint8Array): void;
  /** Ends the body cleanly. */
  end(): void;
  /** Calls back once when the body has ended for whatever reason. */
  onClose(callback: () => void): void;
}

/** Answers a request, or undefined when it opened a stream. */
export type HttpHandler = (request: HttpRequest) => Answer | undefined | Promise<Answer | undefined>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HttpServer {
  readonly #options: HttpServerOptions;
  #server: Server | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** Listens; resolves with the port. Throws CkeError `address_in_use` or `listen_failed`. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 });
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (!isTooLarge(error))
          this.#options.logger.error("a request could not be answered", { path: request.url, error });
        // The client gets an answer even then: a connection that just ends looks like a dead master.
        if (response.headersSent) response.destroy();
        else this.#write(request, response, failureAnswer(error));
      });
    };
    server.on("request", answer);
    server.on("checkContinue", answer);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const code = cause.code === "EADDRINUSE" ? "address_in_use" : "listen_failed";
        reject(new CkeError(code, `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
      });
      server.listen(port, host, resolve);
    });
    this.#server = server;
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === "string") throw new CkeError("listen_failed", "not a TCP address");
    return address.port;
  }

  /** Stops listening and closes every connection, streams included. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    const refusal = webPageRefusal(headers, { method, names: [hostname(), this.#options.host] });
    if (refusal !== undefined) {
      request.resume();
      this.#write(request, response, textAnswer(403, refusal));
      return;
    }
    const body = await bodyOf(request);
    const answer = await this.#options.handler({
      method: request.method ?? "GET",
      ...targetOf(request.url),
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body,
      openStream: (headers) => this.#openStream(response, headers),
    });
    if (answer !== undefined) this.#write(request, response, answer);
  }

  /** Headers exactly as given: Node would add Connection and Keep-Alive of its own. */
  #head(response: ServerResponse, status: number, headers: Answer["headers"]): void {
    response.sendDate = false;
    response.removeHeader("Connection");
    response.writeHead(status, reasonOf(status), datedHeaders(headers, this.#options.clock.now()).flat());
  }

  #write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
    const { bytes, gzip } = bodyOnTheWire(body, request.headers["accept-encoding"]?.toString());
    this.#head(response, status, gzip ? compressedHeaders([["Date", ""], ...headers], bytes) : headers);
    response.end(request.method === "HEAD" ? "" : bytes);
  }

  #openStream(response: ServerResponse, headers: Answer["headers"]): RecordStream {
    this.#head(response, 200, [["Transfer-Encoding", "chunked"], ...headers]);
    response.flushHeaders();
    response.socket?.setNoDelay(true);
    return {
      send: (record) => {
        if (response.writableEnded || response.destroyed) return;
        response.write(encodeRecord(record));
        if (response.writableLength > maxUnreadBytes) response.destroy();
      },
      end: () => response.end(),
      onClose: (callback) => response.once("close", callback),
    };
  }
}
