import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bodyOnTheWire, compressedHeaders } from "./compression.ts";

const large = "x".repeat(2_000);

test.each([
  ["gzip", true],
  ["deflate, gzip;q=0.5", true],
  ["*", true],
  ["gzip;q=0", false],
  ["gzip2", false],
  ["deflate", false],
  [undefined, false],
])("Accept-Encoding %s: compressed %s", (header, gzip) => {
  const { bytes, gzip: compressed } = bodyOnTheWire(large, header);
  expect(compressed).toBe(gzip);
  expect((compressed ? gunzipSync(bytes) : bytes).toString()).toBe(large);
});

test("small bodies go as they are; the length is that of the wire", () => {
  expect(bodyOnTheWire("{}", "gzip")).toEqual({ bytes: Buffer.from("{}"), gzip: false });
  expect(
    compressedHeaders(
      [
        ["Date", "d"],
        ["Content-Length", "9"],
      ],
      Buffer.from("ab"),
    ),
  ).toEqual([
    ["Content-Encoding", "gzip"],
    ["Date", "d"],
    ["Content-Length", "2"],
  ]);
});
