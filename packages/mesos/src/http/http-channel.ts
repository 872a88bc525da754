// HTTP to Mesos: calls on kept-alive connections, and event streams on connections of their own. Knows nothing of what is
// in the bodies; every failure of the network is a value.
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { type Clock, messageOf } from "@cke/foundation";
import { onAbort } from "./shared-abort.ts";

/** Where and how to post. */
export interface HttpTarget {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** UNIX socket to use in place of host and port. */
  readonly socketPath?: string;
}

export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

interface HttpSecurity {
  /** PEM of the authorities to trust in place of the system's. The server's certificate must be for the host asked. */
  readonly ca?: string;
  /** PEM of this client's own certificate (with its chain) and key, for servers that ask for one. */
  readonly certificate?: ClientCertificate;
  /** Value of the Authorization header; a function, so that no secret lies in an object that may be logged. */
  readonly authorization?: () => string | undefined;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** A longer answer is cut; 16 kiB by default, enough for what a call answers. */
  readonly maxAnswerBytes?: number;
}

export type PostResult =
  | { readonly kind: "answered"; readonly status: number; readonly text: string; readonly location?: string }
  | Unreachable;

/** `timedOut`: the time for an answer ran out, as opposed to a refusal or a loss of the connection. */
interface Unreachable {
  readonly kind: "unreachable";
  readonly reason: string;
  readonly timedOut?: true;
}

type StreamResult =
  | PostResult
  | { readonly kind: "open"; readonly response: IncomingMessage; readonly streamId?: string; close(): void };

/** A longer error text is cut: it goes into messages and logs. */
const maxTextBytes = 16 * 1024;
const keepAliveProbeMs = 30_000;
const notAllowed = "nothing may be sent any more";

/** A pool of at most `maxSockets` connections; with one, calls arrive in the order in which they were made. */
export class HttpChannel {
  readonly #security: HttpSecurity;
  readonly #clock: Clock;
  readonly #maxSockets: number;
  readonly #mayCall: () => boolean;
  #agents = new Map<string, Agent>();

  /** `mayCall` is asked at every point from which bytes go out: a request that waits in the queue is not sent after it says no. */
  constructor(security: HttpSecurity, clock: Clock, maxSockets: number, mayCall: () => boolean = () => true) {
    this.#security = security;
    this.#clock = clock;
    this.#maxSockets = maxSockets;
    this.#mayCall = mayCall;
  }

  /** Posts JSON and reads the answer. */
  async post(target: HttpTarget, body: string, options: PostOptions): Promise<PostResult> {
    const result = await this.#request(target, body, options);
    if (result.kind === "unreachable") return result;
    return await readAnswer(result.response, result.finish, options.maxAnswerBytes);
  }

  /** Posts JSON; a 200 leaves the response open for reading. The timeout bounds the wait for the headers. */
  async open(target: HttpTarget, body: string, options: PostOptions): Promise<StreamResult> {
    const result = await this.#request(target, body, options);
    if (result.kind === "unreachable") return result;
    const { response, finish } = result;
    if (response.statusCode !== 200) return await readAnswer(response, finish);
    finish();
    const streamId = response.headers["mesos-stream-id"];
    const close = () => {
      response.destroy();
    };
    return { kind: "open", response, close, ...(typeof streamId === "string" ? { streamId } : {}) };
  }

  /** Closes all connections; the channel can be used again. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #request(target: HttpTarget, body: string, options: PostOptions): Promise<Requested> {
    if (options.signal.aborted) return { kind: "unreachable", reason: messageOf(options.signal.reason) };
    const bytes = Buffer.from(body, "utf8");
    const authorization = this.#security.authorization?.();
    const secure = target.protocol === "https:" && target.socketPath === undefined;
    const requestOptions: RequestOptions = {
      method: "POST",
      path: target.path,
      agent: await this.#agentFor(secure),
      ...(target.socketPath === undefined
        ? { host: target.host, port: target.port }
        : { socketPath: target.socketPath, host: "localhost" }),
      headers: {
        ...options.headers,
        "Content-Type": "application/json",
        Accept: "application/json",
        "Content-Length": bytes.length,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
    };
    // https is loaded only where it is used: most executors never need it.
    const send = secure ? (await import("node:https")).request : httpRequest;
    return await new Promise<Requested>((resolve) => {
      if (!this.#mayCall()) {
        resolve({ kind: "unreachable", reason: notAllowed });
        return;
      }
      let request: ReturnType<typeof httpRequest>;
      try {
        request = send(requestOptions);
      } catch (error) {
        // A path or header (a token with a line break in it) that HTTP does not allow.
        resolve({ kind: "unreachable", reason: messageOf(error) });
        return;
      }
      const holdBack = () => {
        if (!this.#mayCall()) request.destroy(new Error(notAllowed));
      };
      let timedOut = false;
      const abort = () => request.destroy(new Error(messageOf(options.signal.reason)));
      const cancelTimeout = this.#clock.after(options.timeoutMs, () => {
        timedOut = true;
        request.destroy(new Error(`no answer within ${options.timeoutMs / 1000} s`));
      });
      const leave = onAbort(options.signal, abort);
      const finish = () => {
        cancelTimeout();
        leave();
      };
      request.on("error", (error) => {
        finish();
        resolve({ kind: "unreachable", reason: messageOf(error), ...(timedOut ? { timedOut } : {}) });
      });
      request.on("socket", (socket) => {
        // Nothing is written yet: the request waits for this event, and on a new connection for the next one.
        holdBack();
        if (!socket.connecting) return;
        socket.setNoDelay(true);
        socket.setKeepAlive(true, keepAliveProbeMs);
        socket.prependOnceListener(secure ? "secureConnect" : "connect", holdBack);
      });
      request.on("response", (response) => resolve({ kind: "response", response, finish }));
      request.end(bytes);
    });
  }

  async #agentFor(secure: boolean): Promise<Agent> {
    const key = secure ? "https" : "http";
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const settings = { keepAlive: true, maxSockets: this.#maxSockets, scheduling: "fifo" } as const;
    const { ca, certificate } = this.#security;
    const TlsAgent = secure ? (await import("node:https")).Agent : undefined;
    // Another call may have made it meanwhile: a second one would be a second pool, and calls could overtake each other.
    const made = this.#agents.get(key);
    if (made !== undefined) return made;
    const agent =
      TlsAgent === undefined
        ? new Agent(settings)
        : new TlsAgent({ ...settings, ...(ca === undefined ? {} : { ca }), ...certificate });
    this.#agents.set(key, agent);
    return agent;
  }
}

type Requested = Unreachable | { readonly kind: "response"; readonly response: IncomingMessage; finish(): void };

/** By events: an iterator over the answer costs as much as the request, and most answers are empty. */
async function readAnswer(response: IncomingMessage, finish: () => void, maxBytes = maxTextBytes): Promise<PostResult> {
  const chunks: Buffer[] = [];
  let size = 0;
  const failure = await new Promise<unknown>((resolve) => {
    response.on("data", (chunk: unknown) => {
      if (!(chunk instanceof Buffer)) return;
      if (size < maxBytes) chunks.push(chunk);
      size += chunk.length;
    });
    response.on("end", () => resolve(undefined));
    response.on("error", resolve);
    // Without an end before it, and without an error that says why.
    response.on("close", () => resolve(new Error("the connection was lost before the answer was complete")));
  });
  finish();
  if (failure !== undefined) return { kind: "unreachable", reason: messageOf(failure) };
  const { location } = response.headers;
  return {
    kind: "answered",
    status: response.statusCode ?? 0,
    text: size === 0 ? "" : Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8"),
    ...(location === undefined ? {} : { location }),
  };
}
