// Both ends of the channel in one process, joined by a real HTTP server and by messages that a test may lose.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ExecutorChannels, type UnitStreams } from "@cke/executor-core";
import { type CkeError, createLogger, type Logger, silentLogger, systemClock } from "@cke/foundation";
import { ExecutorMessage, SchedulerMessage } from "@cke/protocol";
import type { Channel } from "../channel.ts";
import { Channels, type ChannelsOptions } from "../channels.ts";
import type { ChannelUnit } from "../unit.ts";

export const unit: ChannelUnit = { executorId: "cke.my.n0.1k", agentId: "agent", name: 'node "n0" of cluster "my"' };

export interface PairOptions
  extends Partial<Pick<ChannelsOptions, "openMs" | "secretMs" | "idleMs" | "observer" | "ca">> {
  readonly units: UnitStreams;
  /** False: this message of the scheduler does not arrive. */
  readonly delivers?: (message: SchedulerMessage["message"]) => boolean;
  /** False: this message of the executor does not arrive. */
  readonly answers?: (message: ExecutorMessage["message"]) => boolean;
  readonly url?: () => string;
  /** The server then speaks TLS with this certificate and key in PEM. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

export class ChannelPair {
  readonly channels: Channels;
  readonly executor: ExecutorChannels;
  readonly server: Server;
  readonly #scheme: string;
  readonly logLines: string[] = [];
  /** What went through Mesos, both ways. */
  readonly messages: (SchedulerMessage["message"] | ExecutorMessage["message"])[] = [];
  /** Words of refused dials. */
  readonly refusals: string[] = [];

  private constructor(
    server: Server,
    { units, delivers = () => true, answers = () => true, url, tls, ...times }: PairOptions,
  ) {
    this.server = server;
    this.#scheme = tls === undefined ? "http" : "https";
    const logger: Logger = createLogger({ destination: { write: (line) => void this.logLines.push(line) } });
    this.channels = new Channels({
      // Both ends are in this process, and a busy machine must not be taken for an executor that is silent.
      openMs: 120_000,
      secretMs: 120_000,
      ...times,
      url: url ?? (() => this.url),
      clock: systemClock,
      logger,
      send: (_unit, bytes) => {
        const { message } = SchedulerMessage.decode(bytes);
        this.messages.push(message);
        if (!delivers(message) || message?.kind !== "openChannel") return;
        const order = message.value;
        setImmediate(() => this.executor.receive(order));
      },
    });
    this.executor = new ExecutorChannels({
      executorId: unit.executorId,
      units,
      clock: systemClock,
      logger: silentLogger,
      send: (bytes) => {
        const { message } = ExecutorMessage.decode(bytes);
        this.messages.push(message);
        if (!answers(message)) return;
        setImmediate(() => this.channels.receive(unit.executorId, message));
      },
    });
    server.on("upgrade", (request, socket, head) => {
      const refuse = (error: CkeError) => {
        this.refusals.push(error.message);
        socket.end(`HTTP/1.1 ${error.status} refused\r\nconnection: close\r\n\r\n${error.message}`);
      };
      this.channels.dial(request, socket, head, refuse);
    });
  }

  static async start(options: PairOptions): Promise<ChannelPair> {
    const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return new ChannelPair(server, options);
  }

  get url(): string {
    const address = this.server.address();
    return `${this.#scheme}://127.0.0.1:${isAddress(address) ? address.port : 0}`;
  }

  async open(signal: AbortSignal = new AbortController().signal): Promise<Channel> {
    return await this.channels.open(unit, signal);
  }

  async stop(): Promise<void> {
    this.channels.stop();
    await this.executor.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
