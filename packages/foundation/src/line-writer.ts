// Lines for a file descriptor whose reader may be slow: they gather in memory and are written by another thread, so that
// nobody waits. In order; all of them at an orderly end (`flush`) and at any other (the process' "exit").
import { write, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";

const defaultLimitBytes = 16 * 1024 * 1024;
/** Between two tries while the reader takes nothing. */
const retryMs = 20;
/** Longest wait for a reader at the end. */
const lastMs = 2_000;

const send = promisify(write);
const isFull = (error: unknown) => error instanceof Error && "code" in error && error.code === "EAGAIN";

export class LineWriter {
  readonly #fd: number;
  readonly #limitBytes: number;
  #lines: string[] = [];
  #bytes = 0;
  #dropped = 0;
  /** What the reader has no room for now. */
  #refused: Buffer | undefined;
  #draining: Promise<void> | undefined;

  /** Lines beyond `limitBytes` that wait are dropped, and how many is told in their place. */
  constructor(fd: number, limitBytes = defaultLimitBytes) {
    this.#fd = fd;
    this.#limitBytes = limitBytes;
    process.once("exit", () => this.#last());
  }

  /** A line with its end. */
  write(line: string): void {
    if (this.#bytes + line.length > this.#limitBytes) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    this.#draining ??= this.#drain();
  }

  /** Resolves when every line is written, or when the reader has taken too long. */
  async flush(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lastMs);
    await Promise.race([this.#draining, late]);
    clearTimeout(timer);
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    // The lines of one turn go together.
    await turn();
    for (let chunk = this.#take(); chunk.length > 0; chunk = this.#take()) await this.#send(chunk);
    this.#draining = undefined;
  }

  #take(): Buffer {
    if (this.#dropped > 0) {
      const entry = {
        level: "warning",
        time: new Date().toISOString(),
        message: "log lines were dropped: their reader is too slow",
      };
      this.#lines.push(`${JSON.stringify({ ...entry, lines: this.#dropped })}\n`);
      this.#dropped = 0;
    }
    const chunk = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    return chunk;
  }

  async #send(chunk: Buffer): Promise<void> {
    const size = chunk.length;
    let left = chunk;
    while (left.length > 0) {
      try {
        const { bytesWritten } = await send(this.#fd, left);
        left = left.subarray(bytesWritten);
      } catch (error) {
        // Nobody reads any more: there is nowhere to say so.
        if (!isFull(error)) break;
        this.#refused = left;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        if (this.#refused === undefined) break;
        this.#refused = undefined;
      }
    }
    this.#bytes = Math.max(0, this.#bytes - size);
  }

  /** The process ends, in whichever way; what another thread is writing it writes to its end. */
  #last(): void {
    let left = Buffer.concat([this.#refused ?? Buffer.alloc(0), this.#take()]);
    this.#refused = undefined;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; left.length > 0 && waited < lastMs; ) {
      try {
        left = left.subarray(writeSync(this.#fd, left));
      } catch (error) {
        if (!isFull(error)) return;
        Atomics.wait(pause, 0, 0, retryMs);
        waited += retryMs;
      }
    }
  }
}
