// The executor's end of one channel: serves HTTP/2 on the socket that it dialled. It ends with its socket, with a peer that is
// silent while streams are open, and when it was unused for longer than the scheduler would keep it.
import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import type { Clock } from "@cke/foundation";
import {
  channelSettings,
  connectionWindow,
  idleMs,
  PeerLiveness,
  pingMs,
  sessionMemoryMegabytes,
  silenceMs,
} from "@cke/protocol";
import { serveStream } from "./stream-handler.ts";
import type { UnitStreams } from "./unit-streams.ts";

export interface ChannelServerOptions {
  readonly socket: Duplex & { readonly bytesRead?: number };
  readonly units: UnitStreams;
  readonly clock: Clock;
  /** Default: that of the protocol. */
  readonly silenceMs?: number;
}

/** The scheduler closes an idle channel; this end does so only when that has gone away without a word. */
const idleGraceMs = 15_000;

export class ChannelServer {
  readonly #session: ServerHttp2Session;
  readonly #options: ChannelServerOptions;
  readonly #liveness: PeerLiveness;
  readonly #open = new Set<Promise<void>>();
  #cancelIdle: () => void = () => {};
  /** Resolves when the connection is closed and every stream of it is over. */
  readonly closed: Promise<void>;

  constructor(options: ChannelServerOptions) {
    const { socket, clock, silenceMs: silence = silenceMs } = options;
    this.#options = options;
    const session = performServerHandshake(socket, {
      settings: channelSettings,
      maxSessionMemory: sessionMemoryMegabytes,
      maxOutstandingPings: 10,
      // The scheduler cancels a stream for each client that goes away, and many may go at once: that is no attack, and Node would end
      // the whole channel for it (its default: 1000, then 33 each second).
      streamResetBurst: 100_000,
      streamResetRate: 10_000,
    });
    this.#session = session;
    session.setLocalWindowSize(connectionWindow);
    this.#liveness = new PeerLiveness({
      clock,
      pingMs,
      silenceMs: silence,
      ping: (answered) => {
        if (!session.destroyed) session.ping((error) => void (error === null && answered()));
      },
      received: () => socket.bytesRead ?? 0,
      onDead: () => this.close(),
    });
    session.on("error", () => this.close());
    socket.once("end", () => this.close());
    session.on("stream", (stream, headers) => this.#serve(stream, headers));
    this.closed = new Promise<void>((resolve) => session.once("close", resolve)).then(async () => {
      this.#liveness.stop();
      this.#cancelIdle();
      socket.destroy();
      await Promise.all(this.#open);
    });
    this.#armIdle();
  }

  /** Ends every stream and the connection. */
  close(): void {
    this.#session.destroy();
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#cancelIdle();
    this.#liveness.start();
    const work = serveStream(stream, headers, this.#options.units).finally(() => {
      this.#open.delete(work);
      if (this.#open.size > 0 || this.#session.destroyed) return;
      this.#liveness.stop();
      this.#armIdle();
    });
    this.#open.add(work);
  }

  #armIdle(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.#options.clock.after(idleMs + idleGraceMs, () => this.close(), { background: true });
  }
}
