// RecordIO for the link: "<byte length>\n<json>". Written here so that the link stands on nothing but Node.
import { CkeError } from "@cke/foundation";

const maxRecordBytes = 64 * 1024 * 1024;

/** One record, ready to write. */
export function encodeRecord(json: string): Buffer {
  const body = Buffer.from(json, "utf8");
  return Buffer.concat([Buffer.from(`${body.length}\n`, "ascii"), body]);
}

/** Splits any chunking into record texts. Throws CkeError `malformed_record` for a bad length. */
export class RecordDecoder {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): string[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const records: string[] = [];
    for (;;) {
      const newline = this.#pending.indexOf(10);
      if (newline < 0) {
        if (this.#pending.length > 20) throw malformed(this.#pending.toString("latin1", 0, 20));
        return records;
      }
      const text = this.#pending.toString("latin1", 0, newline);
      const length = Number(text);
      if (!/^\d{1,20}$/.test(text) || length > maxRecordBytes) throw malformed(text);
      if (this.#pending.length < newline + 1 + length) return records;
      records.push(this.#pending.toString("utf8", newline + 1, newline + 1 + length));
      this.#pending = this.#pending.subarray(newline + 1 + length);
    }
  }
}

const malformed = (text: string) => new CkeError("malformed_record", `RecordIO length "${text}" is not a byte count`);
