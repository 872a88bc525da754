// Passes a request on to the leader and its answer back, both streamed. Never to anything but the leader's address from
// the store. A client always gets an answer: when the leader cannot be reached, goes away, or is the leader no more.
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
import type { OtherLeader } from "../../leadership/role.ts";
import { endToEndHeaders, requestHeaders } from "./forwarded-headers.ts";

export interface ForwarderOptions {
  /** Id of this scheduler. */
  readonly id: string;
  readonly clock: Clock;
  /** Longest wait for a connection to the leader. Default 3 s. */
  readonly connectMs?: number;
  /** Longest wait for the head of the answer. Default 300 s: a request may be a long poll. */
  readonly answerMs?: number;
  /** The same for a scheduler that may only remember. Default 3 s. */
  readonly memoryAnswerMs?: number;
}

/** Whose answer it is when the leader gives none. */
export type Refuse = (error: CkeError) => void;

const keepAliveProbeMs = 10_000;
/** May be sent twice: they have no body and ask for nothing that would happen twice (RFC 9110 §9.2.2). */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export class Forwarder {
  readonly #options: ForwarderOptions;
  // Only for requests that may be repeated: a kept connection may turn out to be closed by the other side.
  readonly #kept = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 60_000 });
  readonly #once = new Agent({ keepAlive: false });

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** `url` is the path and query as the client asked for it. `refuse` is called when `response` is untouched. */
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

  /** A request that becomes a connection of its own. */
  openUpgrade(request: IncomingMessage, url: string, to: OtherLeader, upgrade: string): ClientRequest {
    return this.open(request, url, to, this.#once, upgrade);
  }

  close(): void {
    this.#kept.destroy();
    this.#once.destroy();
  }

  /** Calls `fail` when no connection is there in time. */
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
      // An answer that breaks off breaks the client's off too: it must not look whole.
      pipeline(answer, response, () => {
        if (end() && !request.complete) drop(request, upstream);
      });
    });
    // Not a pipeline: that would close the client's connection with the leader's, and with it the way for the answer.
    if (hasBody(request)) request.pipe(upstream);
    else upstream.end();
    if (to.gone.aborted) onGone();
  }
}

interface ConnectionWatch {
  /** Ends the watch. */
  cancel(): void;
  /** There was a connection, so the leader may have read the request. */
  connected(): boolean;
}

/** Where to, and what may be expected there. */
export interface ForwardTarget {
  readonly to: OtherLeader;
  readonly memoryOnly: boolean;
}

/** What the client still sends is read and thrown away, so that it gets to read the answer. */
function drop(request: IncomingMessage, upstream: ClientRequest): void {
  request.unpipe(upstream);
  upstream.destroy();
  request.resume();
}

function hasBody(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

const failure = (status: number, code: string, message: string, cause?: unknown) =>
  new CkeError(code, message, { status, retryable: true, cause });

/** 502: nobody answers at the leader's address. */
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

/** 503: what was asked may or may not have been done by the old one. */
export function leaderChanged(to: OtherLeader): CkeError {
  return failure(
    503,
    "leader_changed",
    `${to.address.url} leads no longer and had not answered; whether it did what was asked is not known: look before you ask again`,
  );
}
