import { describe, expect, it } from "vitest";
import { fileAnswer, fileQuery, partOf } from "./file-parts.ts";

const asked = (query: object, range?: string, file = "stdout") => partOf(file, fileQuery.parse(query), range);

describe("partOf", () => {
  it.each<[object, string | undefined, object]>([
    [{}, undefined, { offset: 0, fromEnd: false, follow: false }],
    [{ offset: "3", length: "4" }, undefined, { offset: 3, fromEnd: false, length: 4, follow: false }],
    [{ offset: "-7" }, undefined, { offset: 7, fromEnd: true, follow: false }],
    [{ offset: "-0" }, undefined, { offset: 0, fromEnd: true, follow: false }],
    [{ follow: "true" }, undefined, { offset: 0, fromEnd: false, follow: true }],
    [{}, "bytes=2-5", { offset: 2, length: 4 }],
    [{}, "bytes=2-", { offset: 2 }],
    [{}, "bytes=-5", { offset: 5, fromEnd: true }],
    [{ follow: "false" }, "bytes=2-5", { offset: 2, length: 4 }],
    // What is not understood, and what the query decides, is ignored.
    [{}, "bytes=5-2", { offset: 0, fromEnd: false, follow: false }],
    [{}, "bytes=0-1,4-5", { offset: 0, fromEnd: false, follow: false }],
    [{}, "lines=1-2", { offset: 0, fromEnd: false, follow: false }],
    [{ offset: "1" }, "bytes=2-5", { offset: 1, fromEnd: false, follow: false }],
    [{ follow: "true" }, "bytes=2-5", { offset: 0, fromEnd: false, follow: true }],
  ])("%j with the range %j", (query, range, part) => {
    expect(asked(query, range).part).toEqual(part);
  });

  it("refuses to follow a rotated file", () => {
    expect(() => asked({ follow: "true" }, undefined, "stderr.2")).toThrow(
      "follow: stderr.2 does not grow any more; follow stderr",
    );
  });
});

it.each([
  { offset: "x" },
  { offset: "--1" },
  { offset: "1e3" },
  { offset: "1234567890123456" },
  { length: "0" },
  { length: "-1" },
  { length: "9999999999999999" },
  { follow: "yes" },
  { lenght: "1" },
])("the query %j is refused", (query) => {
  expect(fileQuery.safeParse(query).success).toBe(false);
});

describe("fileAnswer", () => {
  it.each<[object, string | undefined, { offset: number; fileSize: number }, object]>([
    [{}, undefined, { offset: 0, fileSize: 10 }, { status: 200, length: 10 }],
    [{ offset: "4", length: "3" }, undefined, { offset: 4, fileSize: 10 }, { status: 200, length: 3 }],
    [{ offset: "4", length: "30" }, undefined, { offset: 4, fileSize: 10 }, { status: 200, length: 6 }],
    [{ offset: "40" }, undefined, { offset: 10, fileSize: 10 }, { status: 200, length: 0 }],
    [{}, undefined, { offset: 0, fileSize: 0 }, { status: 200, length: 0 }],
    [{ follow: "true", offset: "4" }, undefined, { offset: 4, fileSize: 10 }, { status: 200 }],
    [{}, "bytes=2-5", { offset: 2, fileSize: 10 }, { status: 206, length: 4, contentRange: "bytes 2-5/10" }],
    [{}, "bytes=8-50", { offset: 8, fileSize: 10 }, { status: 206, length: 2, contentRange: "bytes 8-9/10" }],
    [{}, "bytes=-3", { offset: 7, fileSize: 10 }, { status: 206, length: 3, contentRange: "bytes 7-9/10" }],
    [{}, "bytes=-30", { offset: 0, fileSize: 10 }, { status: 206, length: 10, contentRange: "bytes 0-9/10" }],
    [{}, "bytes=-0", { offset: 10, fileSize: 10 }, { status: 416, contentRange: "bytes */10" }],
    [{}, "bytes=10-", { offset: 10, fileSize: 10 }, { status: 416, contentRange: "bytes */10" }],
    [{}, "bytes=0-", { offset: 0, fileSize: 0 }, { status: 416, contentRange: "bytes */0" }],
  ])("%j with the range %j of %j", (query, range, file, answer) => {
    expect(fileAnswer(asked(query, range), file)).toEqual(answer);
  });
});
