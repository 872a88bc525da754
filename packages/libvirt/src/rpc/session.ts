// A connection that is made anew when it breaks, until it is closed.
import { Backoff } from "@cke/foundation";
import { messageOf } from "@cke/foundation/cke-error";
import { type Clock, systemClock } from "@cke/foundation/clock";
import { LibvirtConnectionError } from "../wire/libvirt-error.ts";
import type { Packet } from "../wire/packet.ts";
import type { Procedure } from "../wire/procedure.ts";
import type { RpcConnection } from "./connection.ts";
import type { KeepaliveOptions } from "./keepalive.ts";
import { openConnection } from "./open.ts";

export type SessionState = "connected" | "reconnecting" | "closed";

export interface SessionOptions {
  readonly path: string;
  readonly uri: string;
  readonly keepalive: KeepaliveOptions;
  readonly reconnect: { readonly baseMs: number; readonly maxMs: number };
  readonly onState?: ((state: SessionState, why: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface SessionHandlers {
  /** A message of the daemon that is no answer. */
  message(packet: Packet): void;
  /** Asks for what a new connection must have, before anybody else uses it. A failure is one of the connection. */
  prepare(connection: RpcConnection): Promise<void>;
  /** A new connection is in the place of one that broke. */
  mended(): void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #handlers: SessionHandlers;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #connection: RpcConnection | undefined;
  #why = "";
  #next = Promise.withResolvers<void>();

  private constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#next.promise.catch(() => {});
  }

  /** Connects for the first time; a failure is the caller's. */
  static async open(options: SessionOptions, handlers: SessionHandlers, signal?: AbortSignal): Promise<Session> {
    const session = new Session(options, handlers);
    await session.#connect(signal);
    return session;
  }

  get state(): SessionState {
    if (this.#closing.signal.aborted) return "closed";
    return this.#connection === undefined ? "reconnecting" : "connected";
  }

  get path(): string {
    return this.#options.path;
  }

  get uri(): string {
    return this.#options.uri;
  }

  async call<Args, Answer>(procedure: Procedure<Args, Answer>, args: Args, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    if (this.#connection === undefined) throw this.#unconnected(procedure.name);
    return this.#connection.call(procedure, args, signal);
  }

  /** Resolves when connected. */
  async whenConnected(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.state === "closed") throw this.#unconnected("whenConnected");
    if (this.#connection !== undefined) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#next.promise, promise]);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  close(): void {
    if (this.state === "closed") return;
    this.#closing.abort();
    this.#why = `the connection to the libvirt daemon at ${this.#options.path} was closed`;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#next.reject(this.#unconnected("whenConnected"));
    this.#options.onState?.("closed", this.#why);
  }

  #unconnected(name: string): LibvirtConnectionError {
    const outlook = this.state === "closed" ? "" : "; it is being made anew";
    return new LibvirtConnectionError(`${name} was not sent: ${this.#why}${outlook}`);
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    let current: RpcConnection | undefined;
    const opened = await openConnection(
      { ...this.#options, clock: this.#clock },
      {
        message: (packet) => this.#handlers.message(packet),
        closed: (why) => {
          if (current !== undefined && this.#connection === current) this.#lost(why);
        },
      },
      signal,
    );
    try {
      await this.#handlers.prepare(opened);
      if (opened.ended) throw opened.ended;
      this.#closing.signal.throwIfAborted();
    } catch (error) {
      opened.close();
      throw error;
    }
    current = opened;
    this.#connection = opened;
  }

  #lost(why: Error): void {
    this.#connection = undefined;
    this.#why = messageOf(why);
    this.#options.onState?.("reconnecting", this.#why);
    void this.#mend();
  }

  async #mend(): Promise<void> {
    const backoff = new Backoff(this.#options.reconnect);
    const { signal } = this.#closing;
    for (;;) {
      try {
        await this.#clock.sleep(backoff.next(), signal);
        await this.#connect(signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        this.#why = messageOf(error);
      }
    }
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
    this.#next.promise.catch(() => {});
    this.#options.onState?.("connected", "");
    this.#handlers.mended();
  }
}
