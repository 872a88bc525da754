// What an executor gives for the streams of a channel: calls into the unit that it runs (a container, a virtual machine).
// Items are pulled: nobody asks for the next one before the last one is sent. Failures are CkeErrors whose code says what kind
// (not_found, invalid_argument, unavailable, …) and whose message is for an operator.
import type {
  ExecStart,
  FileRequest,
  RunProbeRequest,
  RunProbeResponseInit,
  TerminalSize,
  TunnelTarget,
} from "@cke/protocol";

export type ExecEvent =
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "stdout" | "stderr"; readonly data: Uint8Array }
  /** The last one. */
  | { readonly kind: "exit"; readonly code: number; readonly signal: string };

export interface ExecSession {
  /** Throws a CkeError when the command could not be started or the way to it is lost. */
  readonly events: AsyncIterable<ExecEvent>;
  /** Resolves when the next piece may be sent. */
  write(stdin: Uint8Array): Promise<void>;
  endInput(): void;
  resize(size: TerminalSize): void;
  signal(name: string): void;
}

export interface ByteTunnel {
  /** Ends when the far side has closed its direction; throws a CkeError when the tunnel broke. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the next piece may be sent; rejects when the tunnel is over. */
  write(data: Uint8Array): Promise<void>;
  /** Closes this direction only. */
  end(): void;
}

export interface FilePart {
  readonly offset: number;
  readonly data: Uint8Array;
  /** Of the whole file, when this part was read. */
  readonly fileSize: number;
}

/** Each call ends, and leaves nothing behind in the unit, when its signal is aborted. */
export interface UnitStreams {
  exec(start: ExecStart, signal: AbortSignal): ExecSession;
  /** Resolves when it is connected. */
  tunnel(target: TunnelTarget, signal: AbortSignal): Promise<ByteTunnel>;
  /** At least one part, also of an empty file. */
  file(request: FileRequest, signal: AbortSignal): AsyncIterable<FilePart>;
  probe(request: RunProbeRequest, signal: AbortSignal): Promise<RunProbeResponseInit>;
}
