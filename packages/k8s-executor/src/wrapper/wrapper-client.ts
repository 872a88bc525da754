// The calls that the executor makes to the wrapper in the container. `grpc-wrapper-client.ts` makes them over gRPC; tests have a
// wrapper in memory.
import type { UnitStreams } from "@cke/executor-core";
import type { InfoResponse, ListResponse, ProcessSpec, ProcessState, Resources, WatchEvent } from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";

/** True when the same call may succeed later: the wrapper was not reached, or did not answer in time. */
export function mayRecover(error: unknown): boolean {
  return error instanceof WrapperError && (error.kind === "unavailable" || error.kind === "deadline");
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

/** Of the node's balancer for its own clients of the API server. */
export interface BalancerSetting {
  /** Loopback address and port. */
  readonly listen: string;
  /** Addresses of the API servers; the first ones are preferred when nothing else decides. */
  readonly targets: readonly string[];
  readonly healthPath: string;
}

export interface CommandResult {
  /** 128 + n when signal n ended it. */
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
  /** The same again changes nothing. Throws `failed-precondition` when the port is taken, `unimplemented` for an earlier wrapper. */
  setBalancer(setting: BalancerSetting): Promise<void>;
  /** Events from a sequence number on (0: present states first) until the stream breaks (throws) or `signal` (ends). */
  watch(fromSequence: number, instanceId: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** Into the node: commands, tunnels, files, probes. */
  readonly streams: UnitStreams;
  close(): void;
}
