// Forwards a request to the leader and the answer back; both are streamed. The target is always the leader's address from the
// store. The client always gets an answer, also when the leader cannot be reached, dies, or loses the leadership.
// Why no library does this: docs/decisions/forwarding.md.
import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import type { OtherLeader } from "../../leadership/standing.ts";
import { endToEndHeaders, requestHeaders } from "./forwarded-headers.ts";

export interface ForwarderOptions {
  /** Id of this scheduler. */
  readonly id: string;
  readonly clock: Clock;
  /** Longest wait for a connection to the leader. Default 3 s. */
  readonly connectMs?: number;
  /** Longest wait for the head of the answer. Default 300 s: a request may be a long poll. */
  readonly answerMs?: number;
  /** The same for a former leader, which can only answer from memory. Default 3 s. */
  readonly memoryAnswerMs?: number;
}

/** Answers the client when the leader did not. */
export type Refuse = (error: CkeError) => void;

const keepAliveProbeMs = 10_000;
/** Idempotent methods without a body, which may be sent a second time (RFC 9110 §9.2.2). */
export const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export class Forwarder {
  readonly #options: ForwarderOptions;
  // For repeatable requests only, because the leader may just be closing a kept connection.
  readonly #kept = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 60_000 });
  readonly #once = new Agent({ keepAlive: false });

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** `url` is the path and query as the client asked for it. `refuse` is called only when nothing of `response` was sent. */
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    target: ForwardTarget,
    refuse: Refuse,
  ): void {
    this.#attempt(request, response, url, target, refuse, repeatable.has(request.method ?? "") && !hasBody(request));
  }

  /** Opens a request to the leader; the caller sends the body and reads the answer. */
  open(request: IncomingMessage, url: string, to: OtherLeader, agent: Agent, upgrade?: string): ClientRequest {
    const { hostname, port, host } = new URL(to.address.url);
    const forwarding = { by: this.#options.id, host, client: request.socket.remoteAddress ?? "unknown" };
    return httpRequest({
      agent,
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? 80 : port,
      method: request.method,
      path: url,
      headers: requestHeaders(request.rawHeaders, forwarding, upgrade),
    });
  }

  /** Opens a request after which its connection is for something else: an upgrade to another protocol, or a CONNECT. */
  openUpgrade(request: IncomingMessage, url: string, to: OtherLeader, upgrade: string | undefined): ClientRequest {
    return this.open(request, url, to, this.#once, upgrade);
  }

  close(): void {
    this.#kept.destroy();
    this.#once.destroy();
  }

  /** Calls `fail` when the connection takes too long. */
  watchConnection(upstream: ClientRequest, to: OtherLeader, fail: (error: CkeError) => void): ConnectionWatch {
    const { clock, connectMs = 3_000 } = this.#options;
    const seconds = connectMs / 1000;
    let connected = false;
    const cancel = clock.after(connectMs, () => fail(unreachable(to, `no connection within ${seconds} s`)));
    const made = () => {
      connected = true;
      cancel();
    };
    upstream.once("socket", (socket: Socket) => {
      socket.setKeepAlive(true, keepAliveProbeMs);
      socket.setNoDelay(true);
      if (socket.connecting) socket.once("connect", made);
      else made();
    });
    return { cancel, connected: () => connected };
  }

  #attempt(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    target: ForwardTarget,
    refuse: Refuse,
    repeat: boolean,
  ): void {
    const { to, memoryOnly } = target;
    const { clock, answerMs = 300_000, memoryAnswerMs = 3_000 } = this.#options;
    const upstream = this.open(request, url, to, repeat ? this.#kept : this.#once);
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      connection.cancel();
      cancelAnswer();
      to.gone.removeEventListener("abort", onGone);
      response.off("close", onClientClose);
      return true;
    };
    const fail = (error: CkeError) => {
      if (!end()) return;
      drop(request, upstream);
      if (response.headersSent) response.destroy();
      else refuse(error);
    };
    const onGone = () => fail(leaderChanged(to));
    const onClientClose = () => {
      if (end()) drop(request, upstream);
    };
    const connection = this.watchConnection(upstream, to, fail);
    const cancelAnswer = clock.after(memoryOnly ? memoryAnswerMs : answerMs, () => fail(noAnswer(to)));
    to.gone.addEventListener("abort", onGone, { once: true });
    response.on("close", onClientClose);
    upstream.on("error", (error) => {
      if (repeat && upstream.reusedSocket && !over && !response.headersSent && end()) {
        this.#attempt(request, response, url, target, refuse, false);
      } else {
        fail(connection.connected() ? lostLeader(to, error) : unreachable(to, messageOf(error)));
      }
    });
    upstream.on("response", (answer) => {
      cancelAnswer();
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEndHeaders(answer.rawHeaders));
      response.flushHeaders();
      // When the leader's answer breaks off, the client's connection is cut too: the answer must not look complete.
      pipeline(answer, response, () => {
        if (end() && !request.complete) drop(request, upstream);
      });
    });
    // Not a pipeline: it would close the client's connection together with the leader's, and the client could get no answer.
    if (hasBody(request)) request.pipe(upstream);
    else upstream.end();
    if (to.gone.aborted) onGone();
  }
}

interface ConnectionWatch {
  /** Ends the watch. */
  cancel(): void;
  /** True when a connection was made, so that the leader may have read the request. */
  connected(): boolean;
}

/** Where a request is forwarded to. */
export interface ForwardTarget {
  readonly to: OtherLeader;
  readonly memoryOnly: boolean;
}

/** Stops forwarding. The rest of the client's body is read and discarded, so that the client can read the answer. */
function drop(request: IncomingMessage, upstream: ClientRequest): void {
  request.unpipe(upstream);
  upstream.destroy();
  request.resume();
}

export function hasBody(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

const failure = (status: number, code: string, message: string, cause?: unknown) =>
  new CkeError(code, message, { status, retryable: true, cause });

/** 502: no connection to the leader's address. */
export function unreachable(to: OtherLeader, why: string): CkeError {
  return failure(
    502,
    "leader_unreachable",
    `the leader cannot be reached at ${to.address.url} (${why}): either it has just died, and another scheduler takes over within seconds, or its -service_host and -service_port are no address that this scheduler reaches`,
  );
}

function lostLeader(to: OtherLeader, error: unknown): CkeError {
  return failure(
    502,
    "leader_lost",
    `the leader at ${to.address.url} went away before it answered (${messageOf(error)}); whether it did what was asked is not known: look before you ask again`,
    error,
  );
}

function noAnswer(to: OtherLeader): CkeError {
  return failure(
    504,
    "leader_silent",
    `the leader at ${to.address.url} takes requests and does not answer; whether it does what was asked is not known: look before you ask again`,
  );
}

/** 503: another scheduler leads now; the former leader may or may not have carried out the request. */
export function leaderChanged(to: OtherLeader): CkeError {
  return failure(
    503,
    "leader_changed",
    `${to.address.url} leads no longer and had not answered; whether it did what was asked is not known: look before you ask again`,
  );
}
