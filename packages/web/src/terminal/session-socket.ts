// One session of a terminal: its WebSocket, from the connection to the end.
import { readMessage, type SchedulerMessage } from "./scheduler-message.ts";
import type { LastWords } from "./session-end.ts";

export interface SessionEvents {
  readonly onSession: (session: Extract<SchedulerMessage, { type: "session" }>) => void;
  /** `shown` is to be called when the bytes are drawn. */
  readonly onOutput: (data: Uint8Array, shown: () => void) => void;
  /** Once. */
  readonly onEnd: (closeCode: number, lastWords: LastWords) => void;
}

/** Input in one frame; the scheduler takes 64 KiB at most. */
const frameBytes = 16 * 1024;
/** The scheduler says something every 15 s: silence of three times that means that the connection is dead. */
const silenceMs = 45_000;
/** What a page reports as the close code of a connection that is cut off, RFC 6455 §7.1.5. */
const cutOff = 1006;
/** How much is drawn before the scheduler is told of it. */
const shownStep = 64 * 1024;

export class SessionSocket {
  readonly #socket: WebSocket;
  #lastWords: LastWords = {};
  #shown = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, events: SessionEvents) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    let over = false;
    const end = (closeCode: number) => {
      clearTimeout(this.#silence);
      if (!over) events.onEnd(closeCode, this.#lastWords);
      over = true;
    };
    // A browser waits for an answer to its Close frame, which a dead connection does not give.
    const dead = () => {
      socket.close();
      end(cutOff);
    };
    const heard = () => {
      clearTimeout(this.#silence);
      this.#silence = setTimeout(dead, silenceMs);
    };
    heard();
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (over) return;
      heard();
      if (data instanceof ArrayBuffer) {
        events.onOutput(new Uint8Array(data), () => this.#draw(data.byteLength));
        return;
      }
      const message = readMessage(String(data));
      if (message?.type === "session") events.onSession(message);
      else if (message?.type === "exit") this.#lastWords = { ...this.#lastWords, exit: message };
      else if (message?.type === "error") this.#lastWords = { ...this.#lastWords, error: message };
    });
    socket.addEventListener("close", ({ code }) => end(code));
  }

  write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += frameBytes) this.#send(bytes.slice(at, at + frameBytes));
  }

  resize(rows: number, columns: number): void {
    this.#send(JSON.stringify({ type: "resize", rows, columns }));
  }

  close(): void {
    this.#socket.close(1000);
  }

  #draw(bytes: number): void {
    this.#shown += bytes;
    if (this.#shown < shownStep) return;
    this.#send(JSON.stringify({ type: "shown", bytes: this.#shown }));
    this.#shown = 0;
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }
}
