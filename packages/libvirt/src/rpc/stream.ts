// A stream of the daemon's as a Node stream, over a connection of its own: what its reader does not take stays with the daemon.
import { Duplex } from "node:stream";
import { LibvirtConnectionError, LibvirtProtocolError } from "../wire/libvirt-error.ts";
import { encodePacket, encodeStreamData, type Packet, packetStatus, packetTypes } from "../wire/packet.ts";
import type { Procedure } from "../wire/procedure.ts";
import { XdrReader } from "../wire/xdr-reader.ts";
import type { RpcConnection } from "./connection.ts";
import { type OpenOptions, openConnection } from "./open.ts";
import { readRefusal } from "./refusal.ts";

/** Bytes of one packet: what daemons of every version take (VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX is 262120). */
const pieceBytes = 256 * 1024 - 64;

/** `read`: the daemon sends. `write`: it takes. `both`: a console. */
export type StreamWay = "read" | "write" | "both";

export class RpcStream extends Duplex {
  readonly #connection: RpcConnection;
  readonly #name: string;
  readonly #header: {
    readonly program: number;
    readonly version: number;
    readonly procedure: number;
    readonly serial: number;
  };
  readonly #readable: boolean;
  /** The daemon has confirmed the end, or refused. */
  #over = false;
  #ending = false;
  #confirmed: ((error?: Error) => void) | undefined;
  /** A console's guest may read nothing for as long as it likes. */
  readonly #bounded: boolean;
  readonly #patience: StreamPatience;

  constructor(
    connection: RpcConnection,
    procedure: Procedure<never, unknown>,
    way: StreamWay,
    serial: number,
    patience: StreamPatience = streamPatience,
  ) {
    super(duplexOptions(way));
    this.#bounded = way === "write";
    this.#patience = patience;
    const { program, version, number } = procedure;
    this.#connection = connection;
    this.#name = procedure.name;
    this.#readable = way !== "write";
    this.#header = { program, version, procedure: number, serial };
  }

  receive({ header, payload }: Packet): void {
    const { program, procedure, serial } = this.#header;
    if (header.program !== program || header.procedure !== procedure || header.serial !== serial)
      throw new LibvirtProtocolError(`a packet of stream ${header.serial}, which is not this one`);
    if (header.status === packetStatus.more) this.#data(payload);
    else if (header.status === packetStatus.ok) this.#confirm();
    else if (header.status === packetStatus.error) this.#fail(readRefusal(this.#name, new XdrReader(payload)));
    else throw new LibvirtProtocolError(`status ${header.status} of a stream`);
  }

  /** The connection has ended. */
  lost(why: Error): void {
    if (!this.#over) this.#fail(why);
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sendAll(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#end().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const abort = this.#over || this.#connection.ended ? Promise.resolve() : this.#say(packetStatus.error);
    this.#over = true;
    // A daemon that does not read would keep it open for ever.
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#patience.abortMs);
    Promise.race([abort.catch(() => {}), late]).finally(() => {
      clearTimeout(timer);
      this.#connection.close();
      done(error);
    });
  }

  /** Fails, and the stream with it, when the daemon does not do its part in time. */
  async #inTime<T>(work: Promise<T>, what: string): Promise<T> {
    const { stallMs } = this.#patience;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const words = `${this.#name}: the daemon has not ${what} for ${Math.ceil(stallMs / 1_000)} s`;
    const timer = setTimeout(() => reject(new LibvirtConnectionError(words)), stallMs);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #sendAll(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const header = { ...this.#header, type: packetTypes.stream, status: packetStatus.more };
      const taken = this.#connection.send(encodeStreamData(header, chunk.subarray(at, at + pieceBytes)));
      await (this.#bounded ? this.#inTime(taken, "taken any data of the stream") : taken);
    }
  }

  #say(status: number): Promise<void> {
    return this.#connection.send(encodePacket({ ...this.#header, type: packetTypes.stream, status }, () => {}));
  }

  #data(payload: Buffer): void {
    // After the end that this side has told, what still comes is of no interest.
    if (this.#ending) return;
    if (payload.length > 0) {
      if (!this.push(payload)) this.#connection.pause();
      return;
    }
    // The daemon has no more. Whether all went well it tells when the stream is ended.
    this.#end().catch((error) => this.destroy(error));
  }

  /** Tells the daemon of the end and waits until it confirms. */
  async #end(): Promise<void> {
    if (this.#over) return;
    this.#connection.resume();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const others = this.#confirmed;
    this.#confirmed = (error) => {
      others?.(error);
      if (error) reject(error);
      else resolve();
    };
    if (!this.#ending) {
      this.#ending = true;
      // The daemon may confirm it, and the connection be closed, before the socket tells that it was sent.
      this.#say(packetStatus.ok).catch(reject);
    }
    await this.#inTime(promise, "confirmed the end of the stream");
  }

  #confirm(): void {
    if (!this.#ending) throw new LibvirtProtocolError("the end of a stream that nobody has ended");
    this.#over = true;
    this.#confirmed?.();
    if (this.#readable) this.push(null);
    this.#connection.close();
  }

  #fail(error: Error): void {
    this.#over = true;
    this.#confirmed?.(error);
    this.destroy(error);
  }
}

/** How long a daemon may leave a stream without what it waits for, in ms. */
export interface StreamPatience {
  /** To take data of an upload, and to confirm the end: its storage may be slow. */
  readonly stallMs: number;
  /** To take the word that the stream is given up. */
  readonly abortMs: number;
}
export const streamPatience: StreamPatience = { stallMs: 300_000, abortMs: 2_000 };

const duplexOptions = (way: StreamWay) => ({
  readable: way !== "write",
  writable: way !== "read",
  allowHalfOpen: false,
  readableHighWaterMark: pieceBytes,
});

/** Opens a stream by a call. `signal` ends it, also later. */
export async function openStream<Args, Answer>(
  { patience, ...options }: Omit<OpenOptions, "keepalive"> & { readonly patience?: StreamPatience },
  procedure: Procedure<Args, Answer>,
  args: Args,
  way: StreamWay,
  signal?: AbortSignal,
): Promise<{ readonly stream: RpcStream; readonly answer: Answer }> {
  let stream: RpcStream | undefined;
  let answered = false;
  const connection = await openConnection(
    options,
    {
      stream: (packet) => {
        if (stream === undefined) throw new LibvirtProtocolError("data of a stream that was not opened");
        stream.receive(packet);
      },
      // Before its answer, the call fails.
      closed: (why) => answered && stream?.lost(why),
    },
    signal,
  );
  try {
    const call = connection.call(procedure, args, signal);
    // Data may follow the answer in the same piece of the socket.
    const opened = new RpcStream(connection, procedure, way, connection.lastSerial, patience);
    stream = opened;
    const answer = await call;
    if (connection.ended) throw connection.ended;
    answered = true;
    if (signal !== undefined) {
      const stop = () =>
        opened.destroy(new LibvirtConnectionError(`${procedure.name}: the stream was ended`, { cause: signal.reason }));
      signal.addEventListener("abort", stop, { once: true });
      opened.once("close", () => signal.removeEventListener("abort", stop));
    }
    return { stream: opened, answer };
  } catch (error) {
    connection.close();
    throw error;
  }
}
