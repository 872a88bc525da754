import { describe, expect, test } from "vitest";
import { seededRandom } from "../testing/seeded-random.ts";
import { MesosProtocolError } from "./errors.ts";
import { encodeRecord, RecordIoDecoder, type RecordIoOptions } from "./record-io.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

/** Decodes like a reader does: all records before the failure, and the failure's code. */
function decode(chunks: readonly Uint8Array[], options?: RecordIoOptions) {
  const decoder = new RecordIoDecoder(options);
  const records: string[] = [];
  try {
    for (const chunk of chunks) for (const record of decoder.push(chunk)) records.push(text(record));
    decoder.end();
  } catch (error) {
    if (!(error instanceof MesosProtocolError)) throw error;
    return { records, failure: error.code };
  }
  return { records };
}

function cut(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const size = Math.max(1, Math.floor(random() ** 4 * bytes.length));
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

describe("RecordIoDecoder", () => {
  test.each([
    ["nothing", "", []],
    ["one record", "3\nabc", ["abc"]],
    ["several in one chunk", "1\na2\nbb1\nc", ["a", "bb", "c"]],
    ["non-ASCII: lengths count bytes", "5\nä€", ["ä€"]],
    ["zero length is skipped", "0\n1\na0\n0\n", ["a"]],
    ["leading zeros", "0003\nabc", ["abc"]],
    ["twenty digits", "00000000000000000001\na", ["a"]],
    ["newlines inside a record", "3\na\nb", ["a\nb"]],
  ])("B2: %s", (_what, input, records) => {
    expect(decode([Buffer.from(input)])).toEqual({ records });
  });

  test.each([
    ["letters", "abc", "mesos_invalid_record"],
    ["no digits", "\n", "mesos_invalid_record"],
    ["a sign", "-1\n", "mesos_invalid_record"],
    ["carriage return", "1\r\na", "mesos_invalid_record"],
    ["an HTML page", "<html>", "mesos_invalid_record"],
    ["21 digits", "000000000000000000001\na", "mesos_invalid_record"],
    ["more than the limit", "11\n", "mesos_record_too_large"],
    ["far more than the limit", "99999999999999999999\n", "mesos_record_too_large"],
    ["an end in the header", "1", "mesos_truncated_stream"],
    ["an end in the body", "3\nab", "mesos_truncated_stream"],
    ["an end before the body", "3\n", "mesos_truncated_stream"],
  ])("B2: fails for %s after the good records", (_what, input, failure) => {
    expect(decode([Buffer.from(`2\nok${input}`)], { maxRecordBytes: 10 })).toEqual({ records: ["ok"], failure });
    expect(
      decode(
        [...Buffer.from(`2\nok${input}`)].map((byte) => Buffer.of(byte)),
        { maxRecordBytes: 10 },
      ),
    ).toEqual({
      records: ["ok"],
      failure,
    });
  });

  test("stays failed", () => {
    const decoder = new RecordIoDecoder();
    expect(() => decoder.push(Buffer.from("x"))).toThrow(MesosProtocolError);
    expect(() => decoder.push(Buffer.from("1\na"))).toThrow(MesosProtocolError);
    expect(decoder.failure).toBeInstanceOf(MesosProtocolError);
  });

  test("B2: any chunking gives the same records (1000 seeded streams)", () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const random = seededRandom(seed);
      const records = Array.from({ length: Math.floor(random() * 8) }, () =>
        "é{}\n7".repeat(Math.floor(random() ** 3 * 200)).slice(Math.floor(random() * 5)),
      );
      const chunks = cut(Buffer.concat(records.map(encodeRecord)), random);
      expect(decode(chunks), `seed ${seed}`).toEqual({ records: records.filter((record) => record !== "") });
    }
  });

  test("B2: mutated bytes never crash and never depend on the chunking (2000 seeded streams)", () => {
    for (let seed = 1; seed <= 2000; seed += 1) {
      const random = seededRandom(seed);
      const bytes = Buffer.concat(Array.from({ length: 5 }, () => encodeRecord("x".repeat(Math.floor(random() * 40)))));
      for (let mutation = 0; mutation < 3; mutation += 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const whole = decode([bytes], { maxRecordBytes: 1000 });
      expect(decode(cut(bytes, random), { maxRecordBytes: 1000 }), `seed ${seed}`).toEqual(whole);
    }
  });
});
