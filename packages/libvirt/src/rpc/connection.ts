// One connection to a daemon: calls and their answers, messages, packets of a stream. It ends once, and is not mended.
import { connect, type Socket } from "node:net";
import { messageOf } from "@cke/foundation/cke-error";
import { type Clock, systemClock } from "@cke/foundation/clock";
import { LibvirtConnectionError, LibvirtProtocolError } from "../wire/libvirt-error.ts";
import {
  encodePacket,
  type Packet,
  type PacketHeader,
  PacketSplitter,
  packetStatus,
  packetTypes,
} from "../wire/packet.ts";
import type { Procedure } from "../wire/procedure.ts";
import { XdrReader } from "../wire/xdr-reader.ts";
import { CallQueue } from "./call-queue.ts";
import { Keepalive, type KeepaliveOptions, keepaliveProgram } from "./keepalive.ts";
import { readRefusal } from "./refusal.ts";

export interface ConnectionHandlers {
  /** A message that is no answer. Throws when it is not one of the daemon's. */
  readonly message?: (packet: Packet) => void;
  /** A packet of the stream that a call has opened. */
  readonly stream?: (packet: Packet) => void;
  /** The connection has ended, with why. Called once. */
  readonly closed?: (why: Error) => void;
}

interface PendingCall {
  readonly name: string;
  readonly slow: boolean;
  readonly serial: number;
  readonly header: PacketHeader;
  readonly bytes: Buffer;
  /** Throws when the payload is not an answer. */
  readonly answer: (input: XdrReader) => void;
  readonly refuse: (error: unknown) => void;
}

export class RpcConnection {
  readonly path: string;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #handlers: ConnectionHandlers;
  readonly #splitter = new PacketSplitter();
  readonly #calls = new Map<number, PendingCall>();
  readonly #queue = new CallQueue<PendingCall>((call) => {
    this.#calls.set(call.serial, call);
    this.#socket.write(call.bytes);
  });
  #serial = 0;
  #keepalive: Keepalive | undefined;
  #ended: Error | undefined;

  private constructor(path: string, socket: Socket, handlers: ConnectionHandlers, clock: Clock) {
    this.path = path;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#clock = clock;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.close(this.#broken(error.message)));
    socket.on("close", () => this.close(this.#broken("the daemon closed it")));
  }

  /** Connects the socket and says nothing yet. */
  static async dial(
    path: string,
    handlers: ConnectionHandlers = {},
    options: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock | undefined } = {},
  ): Promise<RpcConnection> {
    const { signal, clock = systemClock } = options;
    signal?.throwIfAborted();
    const socket = connect({ path });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = () => reject(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    socket.once("connect", resolve);
    socket.once("error", reject);
    try {
      await promise;
    } catch (error) {
      socket.on("error", () => {}); // a later one is of no interest
      socket.destroy();
      if (signal?.aborted) throw signal.reason;
      throw new LibvirtConnectionError(
        `no libvirt daemon at ${path} (${messageOf(error)}): is libvirtd running, and is this its socket?`,
        { cause: error },
      );
    } finally {
      signal?.removeEventListener("abort", stop);
      socket.off("connect", resolve);
      socket.off("error", reject);
    }
    return new RpcConnection(path, socket, handlers, clock);
  }

  /** The serial of the latest call: that of a stream is the one of the call that opened it. */
  get lastSerial(): number {
    return this.#serial;
  }

  get ended(): Error | undefined {
    return this.#ended;
  }

  /** Rejects with a LibvirtError when the daemon refuses, and with why the connection ended when it ends before. */
  call<Args, Answer>(procedure: Procedure<Args, Answer>, args: Args, signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#ended) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#serial = this.#serial >= 0xffffffff ? 1 : this.#serial + 1;
    const { program, version, number, name, slow } = procedure;
    const header = {
      program,
      version,
      procedure: number,
      type: packetTypes.call,
      serial: this.#serial,
      status: packetStatus.ok,
    };
    const call: PendingCall = {
      name,
      slow,
      serial: this.#serial,
      header,
      bytes: encodePacket(header, (output) => procedure.write(args, output)),
      answer: (input) => {
        const answer = procedure.read(input);
        input.end();
        resolve(answer);
      },
      refuse: reject,
    };
    // A call that was sent keeps its place until the daemon has answered it.
    const abandon = () => {
      this.#queue.withdraw(call);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abandon, { once: true });
    if (!this.#queue.add(call))
      reject(new LibvirtConnectionError(`${name}: too many calls wait for the libvirt daemon`));
    return promise.finally(() => signal?.removeEventListener("abort", abandon));
  }

  /** Sends a packet that is no call. Resolves when the socket has taken it. */
  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) reject(this.#ended);
      else
        this.#socket.write(bytes, (error) => (error ? reject(this.#ended ?? this.#broken(error.message)) : resolve()));
    });
  }

  startKeepalive(options: KeepaliveOptions): void {
    this.#keepalive = new Keepalive(options, {
      clock: this.#clock,
      send: (packet) => void this.#socket.write(packet),
      full: () => this.#queue.full,
      dead: (ms) => this.close(this.#broken(`the daemon gave no sign of life for ${Math.round(ms / 1_000)} s`)),
    });
    if (!this.#ended) this.#keepalive.start();
  }

  /** Reads no more from the daemon until `resume`, so that it waits. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it; calls that are under way or wait fail with `why`. */
  close(
    why: Error = new LibvirtConnectionError(`the connection to the libvirt daemon at ${this.path} was closed`),
  ): void {
    if (this.#ended) return;
    this.#ended = why;
    this.#keepalive?.stop();
    this.#socket.destroy();
    const { sent, waiting } = this.#queue.drain();
    this.#calls.clear();
    for (const call of sent) call.refuse(callFailure(call.name, why, true));
    for (const call of waiting) call.refuse(callFailure(call.name, why, false));
    this.#handlers.closed?.(why);
  }

  #broken(words: string): LibvirtConnectionError {
    return new LibvirtConnectionError(`the connection to the libvirt daemon at ${this.path} broke: ${words}`);
  }

  #receive(chunk: Buffer): void {
    this.#keepalive?.heard();
    try {
      for (const packet of this.#splitter.push(chunk)) {
        if (this.#ended) return;
        this.#dispatch(packet);
      }
    } catch (error) {
      this.close(error instanceof Error ? error : new LibvirtProtocolError(messageOf(error)));
    }
  }

  #dispatch(packet: Packet): void {
    const { header } = packet;
    if (header.program === keepaliveProgram) {
      this.#keepalive?.receive(header);
      return;
    }
    if (header.type === packetTypes.reply) this.#answer(packet);
    else if (header.type === packetTypes.message && this.#handlers.message) this.#handlers.message(packet);
    else if (header.type === packetTypes.stream && this.#handlers.stream) this.#handlers.stream(packet);
    else throw new LibvirtProtocolError(`a packet of type ${header.type} that nobody waits for`);
  }

  #answer({ header, payload }: Packet): void {
    const call = this.#calls.get(header.serial);
    if (call === undefined) throw new LibvirtProtocolError(`an answer to call ${header.serial}, which was not made`);
    const { program, procedure } = call.header;
    if (header.program !== program || header.procedure !== procedure)
      throw new LibvirtProtocolError(
        `an answer of procedure ${header.procedure} of program ${header.program} to ${call.name}`,
      );
    const input = new XdrReader(payload);
    if (header.status === packetStatus.ok) call.answer(input);
    else if (header.status === packetStatus.error) call.refuse(readRefusal(call.name, input));
    else throw new LibvirtProtocolError(`status ${header.status} of an answer to ${call.name}`);
    this.#calls.delete(header.serial);
    this.#queue.done(call);
  }
}

function callFailure(name: string, why: Error, sent: boolean): Error {
  if (!(why instanceof LibvirtConnectionError)) return why;
  const outcome = sent ? "it may have been carried out or not" : "it was not sent";
  return new LibvirtConnectionError(`${name}: ${why.message}; ${outcome}`, { sent, cause: why });
}
