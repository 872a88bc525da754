// The executors of both hosts of a guest that moves, on one way between them: the old one asks and opens streams, the new one answers. The bytes
// of all streams share the way. Everything from the other side is checked and bounded.
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { boundedText, CkeError, messageOf } from "@cke/foundation";
import * as z from "zod";
import { ByteReader, pieceBytes, readHead, sendFrame } from "../transfer/transfer-messages.ts";

const id = z.int().min(1).max(1_000_000);
const frameSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ask"), id, request: z.unknown() }),
  z.object({ kind: z.literal("answer"), id, answer: z.unknown() }),
  z.object({ kind: z.literal("refusal"), id, code: z.string().max(100), message: z.string().max(4_000) }),
  z.object({ kind: z.literal("open"), id, name: z.string().max(20) }),
  z.object({ kind: z.literal("data"), id, length: z.int().min(1).max(pieceBytes) }),
  /** Nothing more comes in this direction. */
  z.object({ kind: z.literal("end"), id }),
  z.object({ kind: z.literal("cut"), id }),
]);
type Frame = z.input<typeof frameSchema>;

const mostStreams = 200;
/** Questions that are not answered yet. */
const mostAsks = 100;
/** Of a head: a definition and a cookie of libvirt are within it. */
const headBytes = 8 * 2 ** 20;

export interface PeerHandlers {
  /** Throws CkeError, which the other side gets. */
  answer(request: unknown): Promise<unknown>;
  /** Where the bytes of a stream that the other side opens go to, and come from. */
  open(name: string): Promise<Duplex>;
}

export class Peer {
  readonly #way: Duplex;
  readonly #handlers: PeerHandlers;
  readonly #streams = new Map<number, Duplex>();
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;
  #answering = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Resolves when the way has ended, however. */
  readonly ended: Promise<void>;

  constructor(way: Duplex, handlers: PeerHandlers) {
    this.#way = way;
    this.#handlers = handlers;
    way.on("error", () => {});
    this.ended = this.#run();
  }

  get isClosed(): boolean {
    return this.#way.destroyed;
  }

  close(): void {
    this.#way.destroy();
  }

  /** Throws CkeError: that of the other side, or `unavailable` when the way is cut; then it is not known what the other side has done. */
  async ask<Schema extends z.ZodType>(request: unknown, schema: Schema): Promise<z.output<Schema>> {
    const number = this.#next();
    const asked = Promise.withResolvers<unknown>();
    asked.promise.catch(() => {});
    this.#asked.set(number, asked);
    if (this.#way.destroyed) throw wayCut();
    await this.#send({ kind: "ask", id: number, request });
    const read = schema.safeParse(await asked.promise);
    if (read.success) return read.data;
    throw new CkeError("unavailable", "the other host gives an answer that cannot be read: it is of another version");
  }

  /** What the work resolves to. Throws CkeError `unavailable` when the way ends before. */
  async orCut<T>(work: Promise<T>): Promise<T> {
    const cut = async (): Promise<never> => {
      await this.ended;
      throw wayCut();
    };
    return await Promise.race([work, cut()]);
  }

  /** Carries bytes between a stream here and what the other side has for this name. */
  open(name: string, stream: Duplex): void {
    const number = this.#next();
    void this.#send({ kind: "open", id: number, name }).catch(() => {});
    this.#carry(number, stream);
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Frames go one after the other; who waits for its own has the way's pace. */
  #send(frame: Frame, body?: Uint8Array): Promise<void> {
    const sent = this.#writing.then(() => sendFrame(this.#way, frame, body));
    this.#writing = sent.catch(() => {});
    return sent;
  }

  #carry(number: number, stream: Duplex): void {
    this.#streams.set(number, stream);
    stream.on("error", () => {});
    stream.once("close", () => this.#streams.delete(number));
    void this.#pump(number, stream);
  }

  async #pump(number: number, stream: Duplex): Promise<void> {
    try {
      for await (const chunk of stream.iterator({ destroyOnReturn: false }))
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          const part: Buffer = chunk.subarray(at, at + pieceBytes);
          await this.#send({ kind: "data", id: number, length: part.length }, part);
        }
      await this.#send({ kind: "end", id: number });
    } catch {
      stream.destroy();
      await this.#send({ kind: "cut", id: number }).catch(() => {});
    }
  }

  async #run(): Promise<void> {
    const reader = new ByteReader(this.#way);
    try {
      const read = () => readHead(reader, headBytes);
      for (let head = await read(); head !== undefined; head = await read())
        await this.#receive(frameSchema.parse(head), reader);
    } catch {
      // What was asked fails below, and whoever asks again sees why.
    } finally {
      this.#way.destroy();
      for (const stream of this.#streams.values()) stream.destroy();
      for (const { reject } of this.#asked.values()) reject(wayCut());
    }
  }

  async #receive(frame: z.output<typeof frameSchema>, reader: ByteReader): Promise<void> {
    switch (frame.kind) {
      case "ask":
        if (this.#answering >= mostAsks) throw new CkeError("unavailable", "the other host asks too much at once");
        void this.#answer(frame.id, frame.request);
        return;
      case "answer":
        this.#takeAsked(frame.id)?.resolve(frame.answer);
        return;
      case "refusal":
        this.#takeAsked(frame.id)?.reject(new CkeError(frame.code, frame.message, { retryable: true }));
        return;
      case "open":
        return await this.#opened(frame.id, frame.name);
      case "data": {
        const data = await reader.take(frame.length);
        const stream = this.#streams.get(frame.id);
        if (data !== undefined && stream !== undefined) await deliver(stream, data, this.#way);
        return;
      }
      case "end":
        this.#streams.get(frame.id)?.end();
        return;
      case "cut":
        this.#streams.get(frame.id)?.destroy();
    }
  }

  #takeAsked(number: number): PromiseWithResolvers<unknown> | undefined {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    return asked;
  }

  async #opened(number: number, name: string): Promise<void> {
    try {
      if (this.#streams.size >= mostStreams || this.#streams.has(number)) throw new Error("too many streams");
      this.#carry(number, await this.#handlers.open(name));
    } catch {
      await this.#send({ kind: "cut", id: number });
    }
  }

  /** Never rejects. Bytes come in meanwhile. */
  async #answer(number: number, request: unknown): Promise<void> {
    this.#answering += 1;
    try {
      const answer = await this.#handlers.answer(request);
      await this.#send({ kind: "answer", id: number, answer });
    } catch (error) {
      const code = error instanceof CkeError ? error.code : "internal";
      const message = boundedText(messageOf(error), { maxBytes: 1_000 });
      await this.#send({ kind: "refusal", id: number, code, message }).catch(() => {});
    } finally {
      this.#answering -= 1;
    }
  }
}

const wayCut = () => new CkeError("unavailable", "the way to the other host was cut", { retryable: true });

/** At the pace of who reads; one that has gone takes nothing. Who does not read is not waited for when the way has ended. */
async function deliver(stream: Duplex, data: Uint8Array, way: Duplex): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(data) || way.destroyed) return;
  const gone = new AbortController();
  const stop = () => gone.abort();
  for (const one of [stream, way]) one.once("close", stop);
  try {
    await once(stream, "drain", { signal: gone.signal });
  } catch {
    // The stream's end is seen by what reads from it.
  } finally {
    for (const one of [stream, way]) one.off("close", stop);
  }
}
