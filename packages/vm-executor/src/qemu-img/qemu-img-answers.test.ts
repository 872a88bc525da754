import { expect, test } from "vitest";
import { parseImageInfo, parseMeasure, parseProgress } from "./qemu-img-answers.ts";

test("an overlay", () => {
  const text = JSON.stringify({
    "backing-filename-format": "qcow2",
    "virtual-size": 4_294_967_296,
    filename: "disk.qcow2",
    "cluster-size": 65_536,
    format: "qcow2",
    "actual-size": 200_704,
    "format-specific": { type: "qcow2", data: { compat: "1.1", corrupt: false, "extended-l2": false } },
    "backing-filename": "base.qcow2",
    "dirty-flag": false,
  });
  expect(parseImageInfo(text)).toEqual({
    format: "qcow2",
    snapshots: [],
    virtualBytes: 4_294_967_296,
    allocatedBytes: 200_704,
    backing: "base.qcow2",
    backingFormat: "qcow2",
    dataFile: undefined,
    encrypted: false,
    corrupt: false,
  });
});

test("a raw image, and one with its data elsewhere", () => {
  expect(
    parseImageInfo('{"virtual-size": 5, "format": "raw", "format-specific": {"type": "file", "data": {}}}'),
  ).toMatchObject({ format: "raw", virtualBytes: 5, allocatedBytes: 0, backing: undefined, backingFormat: undefined });
  const apart =
    '{"virtual-size": 5, "format": "qcow2", "encrypted": true, "format-specific": {"data": {"data-file": "x", "corrupt": true}}}';
  expect(parseImageInfo(apart)).toMatchObject({ dataFile: "x", encrypted: true, corrupt: true });
});

test.each([
  "",
  "{",
  "[]",
  '{"format": "raw"}',
  '{"format": "raw", "virtual-size": -1}',
  '{"format": "raw", "virtual-size": "5"}',
])("%j is no answer of qemu-img", (text) => {
  expect(() => parseImageInfo(text)).toThrow("not understood");
});

test("the room that a copy needs", () => {
  expect(parseMeasure('{"required": 327680, "fully-allocated": 1074135040}')).toBe(327_680);
  expect(() => parseMeasure('{"required": null}')).toThrow("not understood");
});

test.each([
  ["    (0.00/100%)\r", 0],
  ["    (12.34/100%)\r    (56.78/100%)\r", 56.78],
  ["    (100.00/100%)\r\n", 100],
  ["words", undefined],
])("%j tells %s per cent", (text, percent) => {
  expect(parseProgress(text)).toBe(percent);
});
