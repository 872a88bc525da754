// The calls that the executor makes to the wrapper in the container. `grpc-wrapper-client.ts` makes them over gRPC; tests have a
// wrapper in memory.
import type { InfoResponse, ListResponse, ProcessSpec, ProcessState, Resources, WatchEvent } from "@cke/protocol";

/** gRPC status names that the executor acts on; anything else is `other`. */
export type WrapperStatus = "not-found" | "unavailable" | "deadline" | "out-of-range" | "already-exists" | "other";

/** A call that failed: `status` says what kind, the message are the wrapper's own words. */
export class WrapperError extends Error {
  readonly status: WrapperStatus;

  constructor(status: WrapperStatus, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "WrapperError";
    this.status = status;
  }
}

/** True when the same call may succeed later: the wrapper was not reached, or did not answer in time. */
export function mayRecover(error: unknown): boolean {
  return error instanceof WrapperError && (error.status === "unavailable" || error.status === "deadline");
}

export interface PutFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Uint8Array;
}

export interface StopOptions {
  /** Milliseconds between the signal and the kill; default: the specification's. */
  readonly graceMs?: number;
}

/** A short command that runs in the node's container. */
export interface Command {
  /** A program without a slash is looked for in the usual directories, those of administration programs included. */
  readonly command: readonly string[];
  readonly stdin?: Uint8Array;
  /** The command is ended after this time; default 20 s. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WrapperClient {
  info(): Promise<InfoResponse>;
  /** Same name and specification: nothing happens. Another specification: the old run is stopped first. */
  start(spec: ProcessSpec): Promise<ProcessState>;
  /** Ends the process and forgets it. Throws `not-found` for a name that is not known. */
  stop(name: string, options?: StopOptions): Promise<void>;
  list(): Promise<ListResponse>;
  setResources(name: string, resources: Resources): Promise<ProcessState>;
  /** Resolves to true when the file is new or changed; the same again changes nothing. Default timeout: 60 s. */
  putFile(file: PutFile, timeoutMs?: number): Promise<boolean>;
  /** Runs a command and gives its exit code and what it printed. Throws WrapperError when it cannot be started. */
  run(command: Command): Promise<CommandResult>;
  /** Events from a sequence number on (0: present states first) until the stream breaks (throws) or `signal` (ends). */
  watch(fromSequence: number, instanceId: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  close(): void;
}
