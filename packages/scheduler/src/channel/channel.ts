// The scheduler's end of one channel: asks over HTTP/2 on a connection that the executor has dialled. It ends with its socket,
// with an executor that is silent while streams are open, by the end of the term, and after 60 s without a stream. Whenever it
// ends, each of its streams ends with the reason.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Duplex } from "node:stream";
import type { CkeError, Clock } from "@cke/foundation";
import {
  channelSettings,
  connectionWindow,
  type ExecStartInit,
  FileHead,
  type FileRequestInit,
  FilesResponse,
  frame,
  idleMs,
  MessageReader,
  PeerLiveness,
  type ProbeInit,
  pingMs,
  RunProbeResponse,
  StreamRequest,
  type StreamRequestInit,
  sessionMemoryMegabytes,
  silenceMs,
  streamPath,
  streamsPerChannel,
  type TunnelTargetInit,
  UnitCallAnswer,
} from "@cke/protocol";
import { cancelled, channelLost, streamFailure, tooManyStreams } from "./channel-errors.ts";
import { type ChannelObserver, noObserver, type StreamKind } from "./channel-observer.ts";
import { ExecStream } from "./exec-stream.ts";
import type { ChannelUnit } from "./unit.ts";
import { UnitStream } from "./unit-stream.ts";

export interface ChannelOptions {
  readonly unit: ChannelUnit;
  readonly clock: Clock;
  readonly observer?: ChannelObserver | undefined;
  /** Called once, when no stream can be opened any more. */
  readonly onEnd: () => void;
  /** Default: those of the protocol. */
  readonly idleMs?: number | undefined;
  readonly silenceMs?: number | undefined;
}

/** A file, or the part of it that was asked for. */
export interface FileStream {
  /** Where the first byte is in the file. */
  readonly offset: number;
  /** Of the whole file, when reading began. */
  readonly fileSize: number;
  /** UNIX time of the last change before reading began; 0 when that is not known. */
  readonly modifiedAtMs: number;
  /** Ends with the part, or never with `follow`; fails with a CkeError. Leaving it ends the reading. */
  readonly content: AsyncIterable<Uint8Array>;
  close(): void;
}

type ChannelSocket = Duplex & { readonly bytesRead?: number; readonly bytesWritten?: number };

export class Channel {
  readonly #options: ChannelOptions;
  readonly #observer: ChannelObserver;
  readonly #socket: ChannelSocket;
  #counted = { received: 0, sent: 0 };
  readonly #session: ClientHttp2Session;
  readonly #liveness: PeerLiveness;
  readonly #streams = new Set<UnitStream>();
  #cancelIdle: () => void = () => {};
  #ended: CkeError | undefined;

  constructor(socket: ChannelSocket, options: ChannelOptions) {
    const { clock, silenceMs: silence = silenceMs, observer = noObserver } = options;
    this.#options = options;
    this.#observer = observer;
    this.#socket = socket;
    observer.channelOpened();
    const session = connect("http://executor", {
      createConnection: () => socket,
      settings: channelSettings,
      maxSessionMemory: sessionMemoryMegabytes,
      maxOutstandingPings: 10,
    });
    this.#session = session;
    session.once("connect", () => session.setLocalWindowSize(connectionWindow));
    this.#liveness = new PeerLiveness({
      clock,
      pingMs,
      silenceMs: silence,
      ping: (answered) => {
        if (!session.destroyed && !session.connecting) session.ping((error) => void (error === null && answered()));
      },
      received: () => this.#countBytes(),
      onDead: () => this.close(channelLost(options.unit, `nothing has come from it for ${silence / 1000} s`)),
    });
    const lost = (reason: string) => this.close(channelLost(options.unit, reason));
    socket.once("error", (error) => lost(error.message));
    // It may be half open: who has sent its end has gone.
    socket.once("end", () => lost("its executor has closed it, or has ended"));
    socket.once("close", () => lost("its executor has closed it, or has ended"));
    session.on("error", (error) => lost(error.message));
    session.on("goaway", () => lost("its executor closes it"));
    session.on("close", () => lost("it was closed"));
    this.#armIdle();
  }

  /** False as soon as no stream can be opened any more. */
  get usable(): boolean {
    return this.#ended === undefined;
  }

  /** The executor at its other end. */
  get executorId(): string {
    return this.#options.unit.executorId;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Ends it and every stream with this reason. */
  close(reason: CkeError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#cancelIdle();
    this.#liveness.stop();
    for (const stream of this.#streams) stream.destroy(reason);
    this.#session.destroy();
    this.#countBytes();
    this.#observer.channelClosed();
    this.#options.onEnd();
  }

  /** Runs a command. Throws a CkeError when it cannot be started. */
  async exec(start: ExecStartInit, signal: AbortSignal): Promise<ExecStream> {
    return new ExecStream(await this.#ask({ kind: "exec", value: start }, signal), this.#options.unit);
  }

  /** Bytes to and from an address or socket in the unit's network namespace, with half-close; resolves when it is connected. */
  async tunnel(target: TunnelTargetInit, signal: AbortSignal): Promise<Duplex> {
    return await this.#ask({ kind: "tunnel", value: target }, signal);
  }

  async file(request: FileRequestInit, signal: AbortSignal): Promise<FileStream> {
    const stream = await this.#ask({ kind: "file", value: request }, signal, true);
    const reader = new MessageReader(stream);
    const head = await reader.next();
    if (head === undefined) throw channelLost(this.#options.unit, "it ended before the file began");
    return { ...FileHead.decode(head), content: untilLeft(stream, reader), close: () => stream.destroy() };
  }

  /** The regular files of a directory of the unit, by name. */
  async files(directory: string, signal: AbortSignal): Promise<FilesResponse> {
    return FilesResponse.decode(await this.#answerTo({ kind: "files", value: { directory } }, "the list", signal));
  }

  async probe(probe: ProbeInit, signal: AbortSignal): Promise<RunProbeResponse> {
    return RunProbeResponse.decode(await this.#answerTo({ kind: "probe", value: { probe } }, "the probe", signal));
  }

  /** Asks the unit for what only its kind understands, and returns the result. `progress` gets what it says on the way. */
  async call(request: Uint8Array, progress: (words: string) => void, signal: AbortSignal): Promise<Uint8Array> {
    const stream = await this.#ask({ kind: "call", value: { request } }, signal, true);
    const reader = new MessageReader(stream);
    try {
      for (let message = await reader.next(); message !== undefined; message = await reader.next()) {
        const { answer } = UnitCallAnswer.decode(message);
        if (answer?.kind === "result") return answer.value;
        if (answer?.kind === "progress") progress(answer.value);
      }
    } finally {
      stream.destroy();
    }
    throw channelLost(this.#options.unit, "it ended before the result of the call");
  }

  /** The one message that answers a request. */
  async #answerTo(request: StreamRequestInit["request"], what: string, signal: AbortSignal): Promise<Uint8Array> {
    const stream = await this.#ask(request, signal, true);
    try {
      const answer = await new MessageReader(stream).next();
      if (answer === undefined) throw channelLost(this.#options.unit, `it ended before the answer of ${what}`);
      return answer;
    } finally {
      stream.destroy();
    }
  }

  /** A stream whose answer has begun. `last`: nothing more is said on it. */
  async #ask(request: StreamRequestInit["request"], signal: AbortSignal, last = false): Promise<UnitStream> {
    if (this.#ended !== undefined) throw this.#ended;
    if (signal.aborted) throw cancelled();
    if (this.#streams.size >= streamsPerChannel) throw tooManyStreams(this.#options.unit, streamsPerChannel);
    const stream = this.#session.request({ ":method": "POST", ":path": streamPath }, { endStream: false });
    const answer = new UnitStream(stream, () => this.#reason(stream));
    this.#opened(answer, stream, signal, request?.kind ?? "probe");
    const message = frame(StreamRequest.encode({ request }));
    if (last) answer.end(message);
    else answer.write(message);
    if ((await answer.status()) === constants.HTTP_STATUS_OK) return answer;
    const refused = answer.failure ?? streamFailure({ code: "unknown", message: "the executor refuses the stream" });
    answer.destroy();
    throw refused;
  }

  #opened(answer: UnitStream, stream: ClientHttp2Stream, signal: AbortSignal, kind: StreamKind): void {
    const abort = () => answer.destroy(cancelled());
    this.#streams.add(answer);
    this.#observer.streamOpened(kind);
    this.#cancelIdle();
    this.#liveness.start();
    signal.addEventListener("abort", abort, { once: true });
    stream.once("close", () => {
      signal.removeEventListener("abort", abort);
      this.#streams.delete(answer);
      this.#observer.streamClosed(kind);
      if (this.#streams.size > 0 || this.#ended !== undefined) return;
      this.#liveness.stop();
      this.#armIdle();
    });
  }

  /** Tells of the bytes since the last time, and returns all that have come. */
  #countBytes(): number {
    const { bytesRead: received = 0, bytesWritten: sent = 0 } = this.#socket;
    this.#observer.bytes(received - this.#counted.received, sent - this.#counted.sent);
    this.#counted = { received, sent };
    return received;
  }

  #reason(stream: ClientHttp2Stream): CkeError {
    if (this.#ended !== undefined) return this.#ended;
    const { unit } = this.#options;
    const refusals: readonly number[] = [constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_ENHANCE_YOUR_CALM];
    if (refusals.includes(stream.rstCode)) return tooManyStreams(unit, streamsPerChannel);
    return channelLost(unit, "its executor has cut the stream off");
  }

  #armIdle(): void {
    const { clock, unit, idleMs: idle = idleMs } = this.#options;
    this.#cancelIdle();
    this.#cancelIdle = clock.after(idle, () => this.close(channelLost(unit, "nobody has used it")), {
      background: true,
    });
  }
}

/** What follows the last message; leaving it ends the stream. */
async function* untilLeft(stream: UnitStream, reader: MessageReader): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* reader.rest();
  } finally {
    stream.destroy();
  }
}
