// The channels of one term: opened at the first request, shared by all requests for the same unit, and ended with the term. A unit
// of which nobody asks anything costs nothing. Dials are taken only for openings of this term, each once.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import { channelUpgrade, type ExecutorMessage } from "@cke/protocol";
import { Channel } from "./channel.ts";
import { cancelled, channelLost, leadershipOver } from "./channel-errors.ts";
import { type ChannelObserver, noObserver } from "./channel-observer.ts";
import { ChannelOpening } from "./channel-opening.ts";
import { readDial } from "./dial-request.ts";
import type { ChannelUnit } from "./unit.ts";

export interface ChannelsOptions {
  /** This scheduler's own address, as executors reach it. */
  readonly url: () => string;
  /** Of an https address: the authorities in PEM that may have signed its certificate; absent: those that executors know. */
  readonly ca?: string | undefined;
  /** Sends a framework message; it may be lost. */
  readonly send: (unit: ChannelUnit, message: Uint8Array) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: ChannelObserver | undefined;
  /** How long a request waits for a channel; default 10 s. */
  readonly openMs?: number;
  /** How long a secret is good for a dial; default 30 s. */
  readonly secretMs?: number;
  /** Time without a stream after which a channel is closed; default 60 s. */
  readonly idleMs?: number;
}

const defaultOpenMs = 10_000;
/** Refused dials are logged so rarely, with their number. */
const refusalLogMs = 60_000;
/** Keys that are remembered: the oldest is forgotten, and asked for again when it is needed. */
const rememberedKeys = 10_000;

/** Refuses an upgrade with an error; the socket is closed. */
export type RefuseDial = (error: CkeError) => void;

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #openings = new Map<string, ChannelOpening>();
  /** Public keys by executor: one executor has one key for as long as it runs, and its id is never used again. */
  readonly #keys = new Map<string, Uint8Array>();
  #refusals = 0;
  #refusalsLoggedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /** How many channels are open. */
  get size(): number {
    return this.#channels.size;
  }

  /** The unit's channel, opened when there is none. Throws a CkeError that says why there is none. */
  async open(unit: ChannelUnit, signal: AbortSignal): Promise<Channel> {
    if (this.#stopped) throw leadershipOver();
    if (signal.aborted) throw cancelled();
    const there = this.#channels.get(unit.executorId);
    if (there?.usable === true) return there;
    const opening = this.#openings.get(unit.executorId) ?? this.#begin(unit);
    return await this.#wait(opening, signal);
  }

  /** What an executor says of channels. The executor's id is Mesos' word for it. */
  receive(executorId: string, message: ExecutorMessage["message"]): void {
    const opening = this.#openings.get(executorId);
    if (message?.kind === "host") opening?.heard();
    else if (message?.kind === "channelKey") {
      if (opening === undefined) return;
      try {
        opening.keyed(message.value.publicKey);
        this.#remember(executorId, message.value.publicKey);
      } catch (error) {
        this.#options.logger.warning("the key of an executor for its channels is not usable", { executorId, error });
      }
    } else if (message?.kind === "channelFailure") {
      if (opening?.failed(message.value.channelId, message.value.reason) === true) this.#openings.delete(executorId);
    }
  }

  /** It runs its unit no longer: who waits for a channel to it is told so at once, and it may not dial any more. */
  executorEnded(executorId: string, reason: CkeError): void {
    this.#openings.get(executorId)?.fail(reason);
    this.#openings.delete(executorId);
  }

  /** An executor dials. The connection is taken for a channel, or refused. */
  dial(request: IncomingMessage, socket: Socket | Duplex, head: Buffer, refuse: RefuseDial): void {
    if (this.#stopped) {
      refuse(leadershipOver());
      return;
    }
    const asked = readDial(request);
    const opening = asked === undefined ? undefined : this.#openings.get(asked.executorId);
    if (asked === undefined || opening?.accepts(asked) !== true) {
      this.#refused();
      refuse(
        new CkeError("channel_refused", "no channel is expected from here with that id and secret", { status: 403 }),
      );
      return;
    }
    if (head.length > 0) socket.unshift(head);
    socket.on("error", () => {});
    // HTTP/2 takes the socket over after this has left: over TLS, Node aborts when a write ends that HTTP/2 did not begin.
    const answer = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${channelUpgrade}\r\n\r\n`;
    socket.write(answer, (error) => this.#answered(asked.executorId, opening, socket, error));
  }

  /** The term is over: every channel, every stream and every request for one ends. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const opening of this.#openings.values()) opening.fail(leadershipOver());
    this.#openings.clear();
    for (const channel of this.#channels.values()) channel.close(leadershipOver());
    this.#keys.clear();
  }

  #begin(unit: ChannelUnit): ChannelOpening {
    const { url, ca, send, clock, secretMs, observer = noObserver } = this.#options;
    const { executorId } = unit;
    const opening: ChannelOpening = new ChannelOpening({
      unit,
      url: url(),
      ca,
      send,
      clock,
      secretMs,
      publicKey: this.#keys.get(executorId),
      onGivenUp: () => {
        if (this.#openings.get(executorId) === opening) this.#openings.delete(executorId);
      },
    });
    this.#openings.set(executorId, opening);
    opening.channel.then(
      () => observer.opening("opened"),
      (error: unknown) => observer.opening(error instanceof CkeError ? error.code : "internal"),
    );
    return opening;
  }

  async #wait(opening: ChannelOpening, signal: AbortSignal): Promise<Channel> {
    const { clock, openMs = defaultOpenMs } = this.#options;
    const given = Promise.withResolvers<never>();
    const onAbort = () => given.reject(cancelled());
    signal.addEventListener("abort", onAbort, { once: true });
    const cancelLate = clock.after(openMs, () => given.reject(opening.problem("", openMs / 1_000)));
    try {
      return await Promise.race([opening.channel, given.promise]);
    } finally {
      cancelLate();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #answered(
    executorId: string,
    opening: ChannelOpening,
    socket: Socket | Duplex,
    error: Error | null | undefined,
  ): void {
    if (this.#openings.get(executorId) === opening) this.#openings.delete(executorId);
    if (!this.#stopped && (error === null || error === undefined)) {
      this.#open(executorId, opening, socket);
      return;
    }
    socket.destroy();
    opening.fail(channelLost(opening.unit, error?.message ?? "the leadership is over"));
  }

  #open(executorId: string, opening: ChannelOpening, socket: Socket | Duplex): void {
    const { clock, logger, observer, idleMs } = this.#options;
    const { unit } = opening;
    const channel: Channel = new Channel(socket, {
      unit,
      clock,
      observer,
      idleMs,
      onEnd: () => {
        if (this.#channels.get(executorId) === channel) this.#channels.delete(executorId);
        logger.debug("a channel is closed", { executorId });
      },
    });
    this.#channels.set(executorId, channel);
    logger.debug("a channel is open", { executorId });
    opening.opened(channel);
  }

  #remember(executorId: string, publicKey: Uint8Array): void {
    this.#keys.delete(executorId);
    this.#keys.set(executorId, publicKey);
    const oldest = this.#keys.keys().next().value;
    if (this.#keys.size > rememberedKeys && oldest !== undefined) this.#keys.delete(oldest);
  }

  /** Not one line for each: whoever tries a thousand secrets must not fill the log. */
  #refused(): void {
    this.#refusals += 1;
    this.#options.observer?.dialRefused();
    const now = this.#options.clock.monotonic();
    if (now - this.#refusalsLoggedAt < refusalLogMs) return;
    this.#options.logger.warning(
      "a connection for a channel was refused: it is not expected, or its secret is not right",
      {
        times: this.#refusals,
      },
    );
    this.#refusals = 0;
    this.#refusalsLoggedAt = now;
  }
}
