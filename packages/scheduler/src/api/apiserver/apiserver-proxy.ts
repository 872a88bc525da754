// Passes requests on to a cluster's API server and its answers back, both as streams, without a bound on size or time: the API
// server has its own. Who asks is decided there, by the request's own Authorization header; this scheduler adds no rights.
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { CkeError, messageOf } from "@cke/foundation";
import { ClusterUnreachableError } from "../../kubernetes/access/access-errors.ts";
import type { MasterConnections } from "../../kubernetes/access/master-connections.ts";
import { bodyFrame, endToEndHeaders, headText } from "../forwarding/forwarded-headers.ts";
import { hasBody, repeatable } from "../forwarding/forwarder.ts";
import type { ApiserverUrl } from "../requests/url-aliases.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { statusAnswer } from "./status-answer.ts";

/** A request that can be asked twice is asked of so many connections. Those to a master that has just died may be several. */
const attempts = 6;
/**
 * A request that was under way for longer is not asked again: an API server without a quorum of etcd ends a request after a
 * minute, and the next one would let the client wait for another one.
 */
const repeatedWithinMs = 30_000;
/** A client that has gone without a word is noticed by probes of its connection. */
const keepAliveMs = 15_000;
/** How long a client may take to read the end of its connection. */
const lingerMs = 5_000;

interface Attempts {
  readonly left: number;
  /** No further one begins after it; of `performance.now()`. */
  readonly until: number;
}

export class ApiserverProxy {
  readonly #masters: () => MasterConnections;
  readonly #limit = new ConnectionLimit();
  /** Connections that are no HTTP any more. */
  readonly #taken = new Set<Duplex>();

  /** `masters` throws when this scheduler does not lead. */
  constructor(masters: () => MasterConnections) {
    this.#masters = masters;
  }

  forward(request: IncomingMessage, response: ServerResponse, asked: ApiserverUrl): void {
    try {
      this.#limit.enter(asked.cluster, response);
    } catch (error) {
      refuse(request, response, error);
      return;
    }
    const again = repeatable.has(request.method ?? "") && !hasBody(request);
    this.#attempt(request, response, asked, {
      left: again ? attempts : 1,
      until: performance.now() + repeatedWithinMs,
    });
  }

  /** The client wants another protocol on its connection: a WebSocket, or SPDY for older kubectls. */
  upgrade(request: IncomingMessage, client: Duplex, head: Buffer, asked: ApiserverUrl): void {
    client.on("error", () => client.destroy());
    try {
      this.#limit.enter(asked.cluster, client);
    } catch (error) {
      refuseUpgrade(client, error);
      return;
    }
    this.#attemptUpgrade(request, client, head, asked, attempts);
  }

  #attemptUpgrade(request: IncomingMessage, client: Duplex, head: Buffer, asked: ApiserverUrl, left: number): void {
    const { upgrade = "websocket" } = request.headers;
    let upstream: ClientRequest;
    try {
      upstream = this.#open(request, asked, { connection: "Upgrade", upgrade, ...originFor(upgrade) });
    } catch (error) {
      refuseUpgrade(client, error);
      return;
    }
    let answered = false;
    const onClientClose = () => upstream.destroy();
    client.once("close", onClientClose);
    upstream.on("error", (error) => {
      client.off("close", onClientClose);
      // An answer that has begun is cut off: a second one after it would be read as a part of it.
      if (answered) client.destroy();
      // The kept connection had ended, so nobody has read the request.
      else if (left > 1 && upstream.reusedSocket) this.#attemptUpgrade(request, client, head, asked, left - 1);
      else refuseUpgrade(client, failure(asked, error));
    });
    upstream.on("response", (answer) => {
      answered = true;
      // The API server has answered, and keeps to HTTP: it says why, and the connection ends.
      const headers = Object.entries({ ...answerHeaders(answer), connection: "close" });
      client.write(headText(answer.statusCode ?? 502, answer.statusMessage ?? "", headers.flatMap(flatHeader)));
      pipeline(answer, client, () => {});
    });
    upstream.on("upgrade", (answer, master, first) => {
      answered = true;
      client.off("close", onClientClose);
      client.write(headText(answer.statusCode ?? 101, answer.statusMessage ?? "", answer.rawHeaders));
      if (head.length > 0) master.write(head);
      if (first.length > 0) client.write(first);
      this.#join(client, master);
    });
    upstream.end();
  }

  /** CONNECT: the client speaks TLS with the API server himself, through a tunnel of bytes. */
  connect(client: Duplex, head: Buffer, cluster: string): void {
    const gone = new AbortController();
    const onClientClose = () => gone.abort(new Error("the client has gone away"));
    client.once("close", onClientClose);
    client.on("error", () => client.destroy());
    try {
      this.#limit.enter(cluster, client);
    } catch (error) {
      refuseUpgrade(client, error);
      return;
    }
    this.#tunnel(cluster, gone.signal).then(
      (master) => {
        client.off("close", onClientClose);
        client.write(headText(200, "Connection established", []));
        if (head.length > 0) master.write(head);
        this.#join(client, master);
      },
      (error: unknown) => refuseUpgrade(client, error),
    );
  }

  /** Ends every connection that is no HTTP any more. */
  stop(): void {
    for (const client of this.#taken) client.destroy();
  }

  async #tunnel(cluster: string, signal: AbortSignal): Promise<Duplex> {
    return await this.#masters().tunnel({ cluster, service: "apiserver" }, signal);
  }

  #open(request: IncomingMessage, { cluster, path }: ApiserverUrl, own: OutgoingHttpHeaders): ClientRequest {
    const {
      host: _host,
      origin: _judged,
      // An upgrade has no body: with a length, the API server would take the next request of this connection for one.
      "content-length": _length,
      "x-forwarded-for": before,
      ...headers
    } = endToEndHeaders(request.rawHeaders);
    const clients = [before ?? [], request.socket.remoteAddress ?? []].flat().join(", ");
    return this.#masters().request(
      { cluster, service: "apiserver", identity: "caller" },
      { method: request.method ?? "GET", path, headers: { ...headers, "x-forwarded-for": clients, ...own } },
    );
  }

  #attempt(request: IncomingMessage, response: ServerResponse, asked: ApiserverUrl, { left, until }: Attempts): void {
    let upstream: ClientRequest;
    try {
      upstream = this.#open(request, asked, bodyFrame(request.rawHeaders));
    } catch (error) {
      refuse(request, response, error);
      return;
    }
    let over = false;
    const end = () => {
      response.off("close", onClientClose);
      const before = over;
      over = true;
      return !before;
    };
    const onClientClose = () => {
      if (end()) upstream.destroy();
    };
    response.on("close", onClientClose);
    upstream.on("error", (error) => {
      if (!end()) return;
      request.unpipe(upstream);
      // An answer that has begun is cut off: it must not look whole.
      if (response.headersSent) response.destroy();
      else if (left > 1 && performance.now() < until && !(error instanceof CkeError))
        this.#attempt(request, response, asked, { left: left - 1, until });
      else refuse(request, response, failure(asked, error));
    });
    upstream.on("response", (message) => {
      response.writeHead(message.statusCode ?? 502, message.statusMessage, answerHeaders(message));
      response.flushHeaders();
      pipeline(message, response, () => {
        if (end() && !request.complete) request.resume();
      });
    });
    if (hasBody(request)) request.pipe(upstream);
    else upstream.end();
  }

  #join(client: Duplex, master: Duplex): void {
    if (isSocket(client)) {
      client.setKeepAlive(true, keepAliveMs);
      client.setNoDelay(true);
    }
    this.#taken.add(client);
    client.once("close", () => {
      this.#taken.delete(client);
      master.destroy();
    });
    // What the master has sent before its end is still sent on.
    master.once("close", () => {
      if (!master.readableEnded) client.destroy();
      else if (isSocket(client)) client.setTimeout(lingerMs, () => client.destroy());
    });
    master.on("error", () => {});
    client.pipe(master);
    master.pipe(client);
  }
}

/** The answer to an upgrade or a CONNECT. The connection ends, also when its client does not end it. */
function refuseUpgrade(client: Duplex, error: unknown): void {
  const { status, text, headers } = statusAnswer(error);
  const head = headText(status, "refused", Object.entries({ ...headers, connection: "close" }).flat());
  client.end(head + text);
  if (isSocket(client)) client.setTimeout(lingerMs, () => client.destroy());
}

/**
 * An API server refuses a watch over a WebSocket that names no origin (403), whatever the origin is. That of the request was
 * judged by this scheduler, and may have been left behind on the way.
 */
function originFor(upgrade: string): OutgoingHttpHeaders {
  return upgrade.toLowerCase() === "websocket" ? { origin: "https://localhost" } : {};
}

/** The client's answer when the API server gave none. The rest of its body is read, so that it can read the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status, text, headers } = statusAnswer(error);
  response.writeHead(status, headers).end(text);
  request.resume();
}

function failure({ cluster }: ApiserverUrl, error: unknown): unknown {
  if (error instanceof CkeError) return error;
  return new ClusterUnreachableError(cluster, messageOf(error), { perhapsDone: true, cause: error });
}

/** A page that comes out of a cluster must not act as a page of this API, and its content type is not to be guessed. */
function answerHeaders(message: IncomingMessage): OutgoingHttpHeaders {
  return {
    ...endToEndHeaders(message.rawHeaders),
    "content-security-policy": "sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
  };
}

const flatHeader = ([name, value]: [string, OutgoingHttpHeaders[string]]): string[] =>
  [value ?? []].flat().flatMap((one) => [name, String(one)]);

const isSocket = (stream: Duplex): stream is Socket => "setKeepAlive" in stream && "setNoDelay" in stream;
