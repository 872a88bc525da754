// RecordIO, the framing of Mesos' event streams: `<decimal length>\n<bytes>`, again and again. Real masters send a record
// per HTTP chunk, but proxies re-chunk: nothing here depends on where one chunk ends.
import { MesosProtocolError } from "./errors.ts";

const newline = 0x0a;
const zero = 0x30;
/** Digits of 2^64; a longer header is garbage. */
const maxDigits = 20;
const defaultMaxRecordBytes = 64 * 1024 * 1024;

export interface RecordIoOptions {
  /** Largest record accepted; default 64 MiB. */
  readonly maxRecordBytes?: number;
}

/** Splits a byte stream into records. After an error the decoder is spent: the stream cannot be resynchronised. */
export class RecordIoDecoder {
  readonly #maxRecordBytes: number;
  #digits = 0;
  #length = 0;
  #inBody = false;
  /** Body under assembly, when it does not lie within one chunk. */
  #partial: Uint8Array | undefined;
  #filled = 0;
  #failure: MesosProtocolError | undefined;

  constructor(options: RecordIoOptions = {}) {
    this.#maxRecordBytes = options.maxRecordBytes ?? defaultMaxRecordBytes;
  }

  /** What broke the stream, if something did. */
  get failure(): MesosProtocolError | undefined {
    return this.#failure;
  }

  /**
   * Takes the next bytes and returns the records they complete, in order; records of length zero are skipped. A record
   * may share memory with `chunk`. Throws MesosProtocolError `mesos_invalid_record` or `mesos_record_too_large`; whole
   * records before the broken place are returned first, then `failure` is set and the next `push` or `end` throws.
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#failure !== undefined) throw this.#failure;
    const records: Uint8Array[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (!this.#inBody) {
        offset = this.#readHeader(chunk, offset);
        if (this.#failure === undefined) continue;
        if (records.length === 0) throw this.#failure;
        return records;
      }
      const available = chunk.length - offset;
      if (this.#partial === undefined && available >= this.#length) {
        // A whole record inside one chunk, the normal case, is handed out without a copy.
        records.push(chunk.subarray(offset, offset + this.#length));
        offset += this.#length;
        this.#reset();
        continue;
      }
      this.#partial ??= new Uint8Array(this.#length);
      const taken = Math.min(this.#length - this.#filled, available);
      this.#partial.set(chunk.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === this.#length) {
        records.push(this.#partial);
        this.#reset();
      }
    }
    return records;
  }

  /** Call when the stream ended: throws MesosProtocolError `mesos_truncated_stream` when it ended inside a record. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#digits > 0 || this.#inBody) {
      throw new MesosProtocolError("mesos_truncated_stream", "the stream ended inside a record", { retryable: true });
    }
  }

  /** Reads digits up to the newline; returns the offset after what was read. */
  #readHeader(chunk: Uint8Array, start: number): number {
    for (let offset = start; offset < chunk.length; offset += 1) {
      const byte = chunk[offset] ?? 0;
      if (byte === newline) {
        if (this.#digits === 0) return this.#fail(chunk, "a record header without a length");
        if (this.#length === 0) this.#reset();
        else this.#inBody = true;
        return offset + 1;
      }
      const digit = byte - zero;
      if (digit < 0 || digit > 9) {
        return this.#fail(chunk, `a record header with the byte 0x${byte.toString(16).padStart(2, "0")}`);
      }
      this.#digits += 1;
      if (this.#digits > maxDigits) return this.#fail(chunk, `a record header of more than ${maxDigits} digits`);
      this.#length = this.#length * 10 + digit;
      if (this.#length > this.#maxRecordBytes) {
        this.#failure = new MesosProtocolError(
          "mesos_record_too_large",
          `a record of at least ${this.#length} bytes, more than the limit of ${this.#maxRecordBytes}`,
        );
        return chunk.length;
      }
    }
    return chunk.length;
  }

  #reset(): void {
    this.#digits = 0;
    this.#length = 0;
    this.#filled = 0;
    this.#inBody = false;
    this.#partial = undefined;
  }

  #fail(chunk: Uint8Array, what: string): number {
    this.#failure = new MesosProtocolError("mesos_invalid_record", `the event stream is not RecordIO: ${what}`);
    return chunk.length;
  }
}

/** Frames one record; `body` is a text (UTF-8) or bytes. */
export function encodeRecord(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  return Buffer.concat([Buffer.from(`${bytes.length}\n`, "latin1"), bytes]);
}
