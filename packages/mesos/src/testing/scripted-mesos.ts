// A tiny HTTP server for tests that plays the Mesos side of a conversation as a script tells it: master or agent, over TCP
// on 127.0.0.1 or a UNIX socket. It has no behaviour of its own: SUBSCRIBE waits for the script, other calls get 202.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsOptions } from "node:tls";
import type { MesosEndpoint } from "../detection/master-address.ts";
import { parseJson, stringifyJson } from "../encoding/json.ts";
import { encodeRecord } from "../encoding/record-io.ts";
import { AsyncQueue } from "./async-queue.ts";

/** A request as it came; the body is parsed JSON. */
interface ReceivedCall {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Number of the TCP connection that it came on, from 1. */
  readonly connection: number;
}

interface ScriptedAnswer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Waits before the answer, so that a script can hold a call. */
  readonly after?: Promise<unknown>;
}

/** A SUBSCRIBE that waits for what the script does with it. */
class ScriptedSubscription {
  readonly call: ReceivedCall;
  /** Sent as Mesos-Stream-Id by `accept`. */
  readonly streamId: string;
  /** Resolves when the client is gone or the stream has ended. */
  readonly closed: Promise<void>;
  readonly #response: ServerResponse;

  constructor(call: ReceivedCall, response: ServerResponse, streamId: string = randomUUID()) {
    this.call = call;
    this.streamId = streamId;
    this.#response = response;
    this.closed = new Promise((resolve) => response.once("close", () => resolve()));
  }

  /** Answers 200 and opens the stream, then sends the events, each in a chunk of its own. */
  accept(...events: readonly unknown[]): this {
    this.#response.writeHead(200, { "Mesos-Stream-Id": this.streamId, "Content-Type": "application/json" });
    this.#response.flushHeaders();
    return this.send(...events);
  }

  /** Refuses or redirects. */
  answer(answer: ScriptedAnswer): void {
    writeAnswer(this.#response, answer);
  }

  send(...events: readonly unknown[]): this {
    for (const event of events) this.#response.write(encodeRecord(stringifyJson(event)));
    return this;
  }

  /** Writes bytes as they are, for broken framing; true when the client reads fast enough to take more. */
  sendRaw(bytes: string | Uint8Array): boolean {
    return this.#response.write(bytes);
  }

  /** Ends the stream properly. */
  end(): void {
    this.#response.end();
  }

  /** Drops the connection as a crash does. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}

export interface ScriptedMesosOptions {
  /** Answers calls other than SUBSCRIBE; undefined is 202. */
  readonly respond?: (call: ReceivedCall) => ScriptedAnswer | undefined;
  /** Listen on this UNIX socket in place of a port. */
  readonly socketPath?: string;
  /** Listen on this port again, as a restarted process does; default a free one. */
  readonly port?: number;
  /** Speak https with this key and certificate (PEM), and ask for the clients' if told so. */
  readonly tls?: Pick<TlsOptions, "key" | "cert" | "ca" | "requestCert" | "rejectUnauthorized">;
  /** Mesos-Stream-Id of every subscription; default a random one each. */
  readonly streamId?: string;
}

export class ScriptedMesos implements AsyncDisposable {
  /** Calls other than SUBSCRIBE, in order of arrival; `calls.next(predicate)` waits for one. */
  readonly calls = new AsyncQueue<ReceivedCall>();
  /** `subscriptions.next()` waits for the next SUBSCRIBE. */
  readonly subscriptions = new AsyncQueue<ScriptedSubscription>();
  readonly #server: Server;
  readonly #options: ScriptedMesosOptions;
  readonly #connections = new WeakMap<object, number>();
  #connectionCount = 0;

  private constructor(options: ScriptedMesosOptions) {
    this.#options = options;
    const receive = (request: IncomingMessage, response: ServerResponse) => {
      this.#receive(request, response).catch(() => response.destroy());
    };
    this.#server = options.tls === undefined ? createServer(receive) : createTlsServer(options.tls, receive);
    this.#server.on(options.tls === undefined ? "connection" : "secureConnection", (socket) => {
      this.#connectionCount += 1;
      this.#connections.set(socket, this.#connectionCount);
    });
  }

  static async start(options: ScriptedMesosOptions = {}): Promise<ScriptedMesos> {
    const mesos = new ScriptedMesos(options);
    await new Promise<void>((resolve, reject) => {
      mesos.#server.once("error", reject);
      const listening = () => resolve();
      if (options.socketPath === undefined) mesos.#server.listen(options.port ?? 0, "127.0.0.1", listening);
      else mesos.#server.listen(options.socketPath, listening);
    });
    return mesos;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the scripted Mesos listens on no port");
    return address.port;
  }

  get endpoint(): MesosEndpoint {
    return {
      protocol: this.#options.tls === undefined ? "http:" : "https:",
      host: "127.0.0.1",
      port: this.port,
      basePath: "",
    };
  }

  /** TCP connections accepted so far. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Drops every connection and stops listening: what a crash looks like to clients. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const parsed = parseJson(Buffer.concat(chunks).toString("utf8"));
    const body = typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
    const type = "type" in body && typeof body.type === "string" ? body.type : "";
    const connection = this.#connections.get(request.socket) ?? 0;
    const call: ReceivedCall = { type, body, path: request.url ?? "", headers: request.headers, connection };
    if (type === "SUBSCRIBE") {
      this.subscriptions.put(new ScriptedSubscription(call, response, this.#options.streamId));
      return;
    }
    const answer = this.#options.respond?.(call) ?? { status: 202 };
    this.calls.put(call);
    await answer.after;
    writeAnswer(response, answer);
  }
}

function writeAnswer(response: ServerResponse, { status, text = "", headers }: ScriptedAnswer): void {
  const type = text === "" ? {} : { "Content-Type": "text/plain; charset=utf-8" };
  response.writeHead(status, { ...type, "Content-Length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
