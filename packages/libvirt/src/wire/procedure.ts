// A procedure of one of the daemon's programs, and a message that the daemon sends by itself. src/generated/ has them all.
import type { XdrReader } from "./xdr-reader.ts";
import type { XdrWriter } from "./xdr-writer.ts";

export type NoFields = Readonly<Record<never, never>>;

export interface Procedure<Args, Answer> {
  readonly program: number;
  readonly version: number;
  readonly number: number;
  /** Function of libvirt's C library, for messages. */
  readonly name: string;
  /** libvirt's release that had it first. */
  readonly since: string;
  /** The daemon may take longer than a moment to answer. */
  readonly slow: boolean;
  write(args: Args, output: XdrWriter): void;
  read(input: XdrReader): Answer;
}

export interface EventMessage<Fields> {
  readonly program: number;
  readonly number: number;
  read(input: XdrReader): Fields;
}
