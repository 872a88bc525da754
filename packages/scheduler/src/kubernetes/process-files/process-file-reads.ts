// The port of the files that processes of nodes, and the executors of nodes, write, which the REST API reads.
import type { FileStream } from "../../channel/channel.ts";

/** The files of a process's output: the present ones, and older ones by number. */
export const outputFileName = /^(stdout|stderr)(\.[1-9]\d?)?$/;

export interface NodeName {
  readonly cluster: string;
  readonly node: string;
}

export interface ProcessName extends NodeName {
  readonly process: string;
}

export interface OutputFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly modifiedAtMs: number;
}

/** Which part of a file. */
export interface FilePart {
  /** Beyond an end of the file it is at that end. */
  readonly offset: number;
  /** The offset counts back from the end. */
  readonly fromEnd?: boolean;
  /** In bytes; default: to the end. */
  readonly length?: number;
  /** Goes on with what is written later. */
  readonly follow?: boolean;
}

/** Both calls throw a CkeError: 404 for unknown names, 410 when the files are gone, and why they cannot be reached. */
export interface FileReads<Of> {
  /** By name; empty before anything was written. */
  list(of: Of, signal: AbortSignal): Promise<readonly OutputFile[]>;
  /** `file`: a name like those that `list` gives. */
  open(of: Of, file: string, part: FilePart, signal: AbortSignal): Promise<FileStream>;
}

export type ProcessFileReads = FileReads<ProcessName>;
export type SandboxFileReads = FileReads<NodeName>;
