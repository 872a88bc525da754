// Lines for a file descriptor whose reader may be slow. They wait in memory until the reader takes them, so that nothing else
// waits for it. Lines are written in order, and all of them also when the process exits or ends by an uncaught exception.
// Every write is synchronous and to a descriptor that does not block: no write is ever under way on another thread, where
// the end of the process could lose it or an error could leave it half done.
import { writeSync } from "node:fs";
import { nonBlockingDescriptor } from "./non-blocking-descriptor.ts";

const defaultLimitBytes = 16 * 1024 * 1024;
/** Pause between two attempts while the reader takes nothing. */
const retryMs = 20;
/** How long the end waits for a reader that takes nothing. */
const stalledMs = 2_000;
/** How long the end waits for a reader that takes little by little. */
const endMs = 10_000;

const nothing = Buffer.alloc(0);
const isFull = (error: unknown) => error instanceof Error && "code" in error && error.code === "EAGAIN";

export class LineWriter {
  readonly #fd: number;
  readonly #limitBytes: number;
  #lines: string[] = [];
  /** Of the lines that wait and of the chunk. */
  #bytes = 0;
  #dropped = 0;
  /** What is left of the lines that are being written. */
  #chunk: Buffer = nothing;
  #chunkBytes = 0;
  #scheduled = false;
  #waiting: (() => void)[] = [];

  /** Lines beyond `limitBytes` that wait are dropped; a line with their number takes their place. */
  constructor(fd: number, limitBytes = defaultLimitBytes) {
    this.#fd = nonBlockingDescriptor(fd);
    this.#limitBytes = limitBytes;
    process.once("exit", () => this.#writeLast());
  }

  /** A line with its end. */
  write(line: string): void {
    if (this.#bytes + line.length > this.#limitBytes) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // The lines of one turn of the event loop go together.
    setImmediate(() => this.#drain());
  }

  /** Resolves when every line is written, or when the reader has taken too long. */
  async flush(): Promise<void> {
    if (!this.#scheduled) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(resolve, stalledMs);
    await promise;
    clearTimeout(timer);
  }

  #drain(): void {
    if (!this.#writeWhatFits()) {
      setTimeout(() => this.#drain(), retryMs);
      return;
    }
    this.#scheduled = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** False when the reader has no room for the rest now. */
  #writeWhatFits(): boolean {
    while (this.#chunk.length > 0 || this.#takeLines()) {
      try {
        this.#chunk = this.#chunk.subarray(writeSync(this.#fd, this.#chunk));
      } catch (error) {
        if (isFull(error)) return false;
        // Nobody reads any more, or the disk is full: there is nowhere to report it to.
        this.#chunk = nothing;
      }
      if (this.#chunk.length === 0) this.#bytes = Math.max(0, this.#bytes - this.#chunkBytes);
    }
    return true;
  }

  /** Makes the next chunk; false when nothing waits. */
  #takeLines(): boolean {
    if (this.#lines.length === 0 && this.#dropped === 0) return false;
    this.#chunkBytes = this.#bytes;
    if (this.#dropped > 0) {
      const entry = {
        level: "warning",
        time: new Date().toISOString(),
        message: "log lines were dropped: their reader is too slow",
      };
      this.#lines.push(`${JSON.stringify({ ...entry, lines: this.#dropped })}\n`);
      this.#dropped = 0;
    }
    this.#chunk = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    return true;
  }

  /** The process ends: no timer runs any more, so this waits for the reader itself. */
  #writeLast(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    let left = this.#bytes;
    let stalled = 0;
    for (let waited = 0; !this.#writeWhatFits() && stalled < stalledMs && waited < endMs; waited += retryMs) {
      Atomics.wait(pause, 0, 0, retryMs);
      stalled += retryMs;
      const now = this.#chunk.length + this.#bytes;
      if (now !== left) stalled = 0;
      left = now;
    }
  }
}
