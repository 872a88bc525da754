// What an executor gives for the streams of a channel: calls into the unit that it runs (a container, a virtual machine).
// Items are pulled: the next one is asked for after the last one is sent.
import type { Duplex } from "node:stream";
import type {
  ExecInput,
  ExecOutput,
  ExecStart,
  FileRequest,
  FilesRequest,
  FilesResponseInit,
  RunProbeRequest,
  RunProbeResponseInit,
  TunnelTarget,
  UnitCall,
  UnitCallAnswerInit,
} from "@cke/protocol";

/** A command that runs. */
export interface UnitCommand {
  /** `startedPid` first, `exit` last. Leaving the loop ends the command. */
  readonly output: AsyncIterable<ExecOutput>;
  /** Resolves when the next one may be sent, also when the command is over; never rejects. */
  send(input: ExecInput): Promise<void>;
}

export interface FilePart {
  readonly offset: number;
  readonly data: Uint8Array;
  /** Of the whole file, when reading began. */
  readonly fileSize: number;
  /** UNIX time of the last change before reading began; 0 when that is not known. */
  readonly modifiedAtMs: number;
}

/** Each call ends, and leaves nothing behind in the unit, when its signal is aborted. Messages of errors are for an operator. */
export interface UnitStreams {
  /** Failures come through `output`. */
  exec(start: ExecStart, signal: AbortSignal): UnitCommand;
  /** Resolves when it is connected. Each direction ends by itself. */
  tunnel(target: TunnelTarget, signal: AbortSignal): Promise<Duplex>;
  /** At least one part, also of an empty file. */
  file(request: FileRequest, signal: AbortSignal): AsyncIterable<FilePart>;
  files(request: FilesRequest, signal: AbortSignal): Promise<FilesResponseInit>;
  probe(request: RunProbeRequest, signal: AbortSignal): Promise<RunProbeResponseInit>;
  /** What only the unit's kind understands: words on the way, then the result. Absent: the kind knows no such calls. */
  call?(request: UnitCall, signal: AbortSignal): AsyncIterable<UnitCallAnswerInit>;
  /** What kind of failure one of these calls has thrown: not_found, invalid_argument, unavailable, … */
  failureCode(error: unknown): string;
}
