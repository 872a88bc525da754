// Forwards a WebSocket, or another protocol for which a client wants its connection, to the leader. The leader answers the handshake;
// after that bytes are copied both ways, so that pings, close codes and negotiated extensions work unchanged. When the leader goes
// away the client of a WebSocket still gets a Close frame with a code.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type CkeError, type Clock, messageOf } from "@cke/foundation";
import type { OtherLeader } from "../../leadership/standing.ts";
import { headText } from "./forwarded-headers.ts";
import { type Forwarder, leaderChanged, unreachable } from "./forwarder.ts";
import { closeFrame, FrameFollower } from "./websocket-frames.ts";

/** Close codes of the IANA registry: 1001 going away, 1011 unexpected condition, 1012 service restart (connect again). */
export const closeCodes = { goingAway: 1001, unexpected: 1011, restart: 1012 } as const;

/** How long a client may take to read the Close frame. */
const lingerMs = 2_000;

export class Tunnels {
  readonly #forwarder: Forwarder;
  readonly #clock: Clock;
  readonly #open = new Set<(code: number, reason: string) => void>();
  readonly #clients = new Set<Duplex>();

  constructor(forwarder: Forwarder, clock: Clock) {
    this.#forwarder = forwarder;
    this.#clock = clock;
  }

  /** `refuse` is called while the client still waits for an answer to its handshake. */
  open(
    request: IncomingMessage,
    client: Duplex,
    head: Buffer,
    to: OtherLeader,
    refuse: (error: CkeError) => void,
  ): void {
    const tunnelled = request.method === "CONNECT";
    const upgrade = tunnelled ? undefined : (request.headers.upgrade ?? "websocket");
    const upstream = this.#forwarder.openUpgrade(request, request.url ?? "/", to, upgrade);
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      connection.cancel();
      to.gone.removeEventListener("abort", onGone);
      client.off("close", onClientClose);
      return true;
    };
    const fail = (error: CkeError) => {
      if (!end()) return;
      upstream.destroy();
      refuse(error);
    };
    const onGone = () => fail(leaderChanged(to));
    const onClientClose = () => {
      if (end()) upstream.destroy();
    };
    const connection = this.#forwarder.watchConnection(upstream, to, fail);
    this.#clients.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => this.#clients.delete(client));
    client.on("close", onClientClose);
    to.gone.addEventListener("abort", onGone, { once: true });
    upstream.on("error", (error) => fail(unreachable(to, messageOf(error))));
    upstream.on("response", (answer) => {
      // The leader refused the handshake: pass its answer on, then close the connection.
      if (!end()) return;
      const { rawHeaders } = answer;
      const kept = rawHeaders.filter(
        (_, index) => !/^(connection|keep-alive|transfer-encoding)$/i.test(rawHeaders[index & ~1] ?? ""),
      );
      client.write(headText(answer.statusCode ?? 502, answer.statusMessage ?? "", [...kept, "Connection", "close"]));
      answer.pipe(client);
      answer.on("error", () => client.destroy());
    });
    upstream.on(tunnelled ? "connect" : "upgrade", (answer, leader, leaderHead) => {
      if (!end()) {
        leader.destroy();
        return;
      }
      client.write(headText(answer.statusCode ?? 101, answer.statusMessage ?? "", answer.rawHeaders));
      if (head.length > 0) leader.write(head);
      this.#join({ client, leader, first: leaderHead, to, frames: isWebSocket(upgrade) });
    });
    upstream.end();
    if (to.gone.aborted) onGone();
  }

  /** Ends every tunnel with a Close frame. */
  close(code: number, reason: string): void {
    for (const end of this.#open) end(code, reason);
  }

  /** Cuts every connection that is still open. */
  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  #join({ client, leader, first, to, frames: framed }: Joined): void {
    const frames = framed ? new FrameFollower() : undefined;
    const end = (code: number, reason: string) => {
      if (!this.#open.delete(end)) return;
      to.gone.removeEventListener("abort", onGone);
      leader.off("data", pass);
      leader.destroy();
      // A Close frame may stand only between two frames, and only one may be sent.
      if (frames?.betweenFrames === true && !frames.closing) client.end(closeFrame(code, reason));
      else client.end();
      this.#clock.after(lingerMs, () => client.destroy(), { background: true });
    };
    const onGone = () => end(closeCodes.restart, "another scheduler leads now");
    const pass = (chunk: Buffer) => {
      frames?.push(chunk);
      if (!client.write(chunk)) leader.pause();
    };
    this.#open.add(end);
    to.gone.addEventListener("abort", onGone, { once: true });
    if (first.length > 0) pass(first);
    leader.on("data", pass);
    client.on("drain", () => leader.resume());
    leader.on("error", () => leader.destroy());
    leader.on("close", () => end(closeCodes.restart, "the leader went away"));
    client.pipe(leader);
    client.on("close", () => end(closeCodes.goingAway, ""));
  }
}

interface Joined {
  readonly client: Duplex;
  readonly leader: Duplex;
  /** What the leader has sent already. */
  readonly first: Buffer;
  readonly to: OtherLeader;
  /** It is a WebSocket. */
  readonly frames: boolean;
}

const isWebSocket = (upgrade: string | undefined) => upgrade?.toLowerCase() === "websocket";
