// A command in a unit: what it writes, pulled event by event, and what is said to it.
import type { CkeError } from "@cke/foundation";
import {
  ExecInput,
  type ExecInputInit,
  ExecOutput,
  frame,
  MessageReader,
  type TerminalSize,
  written,
} from "@cke/protocol";
import { channelLost } from "./channel-errors.ts";
import type { ChannelUnit } from "./unit.ts";
import type { UnitStream } from "./unit-stream.ts";

export type ExecStreamEvent =
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly kind: "exit"; readonly code: number; readonly signal: string };

/** Longest piece of input in one message. */
const pieceBytes = 32 * 1024;

export class ExecStream {
  readonly #stream: UnitStream;
  readonly #unit: ChannelUnit;

  constructor(stream: UnitStream, unit: ChannelUnit) {
    this.#stream = stream;
    this.#unit = unit;
  }

  /** Ends after the exit. Throws a CkeError when the stream breaks before; leaving the loop ends the command. */
  async *events(): AsyncGenerator<ExecStreamEvent, void, undefined> {
    const reader = new MessageReader(this.#stream);
    try {
      for (let message = await reader.next(); message !== undefined; message = await reader.next()) {
        const { output } = ExecOutput.decode(message);
        if (output?.kind === "startedPid") yield { kind: "started", pid: output.value };
        else if (output?.kind === "stdout" || output?.kind === "stderr")
          yield { kind: output.kind, data: output.value };
        else if (output?.kind === "exit") {
          yield { kind: "exit", ...output.value };
          return;
        }
      }
      throw this.#broken("it ended before its command did");
    } finally {
      this.close();
    }
  }

  /** Resolves when the next piece may be sent; what comes after the end of the command is dropped. */
  async write(stdin: Uint8Array): Promise<void> {
    for (let at = 0; at < stdin.length; at += pieceBytes)
      await this.#send({ kind: "stdin", value: stdin.subarray(at, at + pieceBytes) });
  }

  async endInput(): Promise<void> {
    await this.#send({ kind: "stdinEnd", value: true });
  }

  async resize(size: TerminalSize): Promise<void> {
    await this.#send({ kind: "resize", value: size });
  }

  async signal(name: string): Promise<void> {
    await this.#send({ kind: "signal", value: name });
  }

  /** Ends the command if it runs. */
  close(): void {
    this.#stream.destroy();
  }

  async #send(input: NonNullable<ExecInputInit["input"]>): Promise<void> {
    if (this.#stream.destroyed) return;
    // Why the stream ended is told by `events`.
    await written(this.#stream, frame(ExecInput.encode({ input }))).catch(() => undefined);
  }

  #broken(reason: string): CkeError {
    return channelLost(this.#unit, reason);
  }
}
