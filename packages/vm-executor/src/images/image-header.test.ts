import { expect, test } from "vitest";
import { readImageHeader, usableFormat } from "./image-header.ts";
import { qcow2Header } from "./testing/qcow2-header.ts";

const magic = (hex: string, at = 0) => {
  const bytes = Buffer.alloc(512);
  bytes.write(hex, at, "hex");
  return bytes;
};
const check = (bytes: Uint8Array, declared = "") => usableFormat(readImageHeader(bytes), declared, "a.img");

test.each([
  [qcow2Header(), "", "qcow2"],
  [qcow2Header({ version: 2, features: 4n }), "qcow2", "qcow2"], // version 2 has no features there
  [Buffer.alloc(512), "", "raw"],
  [Buffer.alloc(0), "raw", "raw"],
  [magic("55aa", 510), "raw", "raw"],
])("a usable image", (bytes, declared, format) => {
  expect(check(bytes, declared)).toBe(format);
});

test.each([
  [qcow2Header({ backingAt: 104n }), "", "is an overlay of another file"],
  [qcow2Header({ features: 4n }), "", "has its data in another file"],
  [qcow2Header({ features: 2n }), "", "is marked as corrupt"],
  [qcow2Header({ crypt: 2 }), "", "is encrypted"],
  [
    qcow2Header({ backingAt: 1n, crypt: 1 }),
    "",
    "is an overlay of another file (flatten it: qemu-img convert -O qcow2) and is encrypted",
  ],
  [qcow2Header({ size: 0n }), "", "of 0 bytes"],
  [qcow2Header({ size: 1n << 60n }), "", "allowed: 1 byte to 64 TiB"],
  [qcow2Header({ version: 1 }), "", "is qcow1"],
  [qcow2Header(), "raw", "declared as raw, but it is qcow2"],
  [Buffer.alloc(512), "qcow2", "declared as qcow2, but it is raw"],
  [Buffer.alloc(512), "vmdk", "allowed: qcow2, raw, or nothing"],
  [magic("4b444d56"), "", "is vmdk; convert it first: qemu-img convert -f vmdk -O qcow2"],
  [magic("7f10dabe", 64), "", "is vdi"],
  [magic("7668647866696c65"), "raw", "is vhdx"],
  [magic("1f8b0800"), "", "is gzip; unpack it first (gunzip)"],
  [magic("fd377a585a0000"), "", "is xz"],
  [magic("28b52ffd"), "", "is zstd"],
  [magic("7573746172", 257), "", "is tar"],
  [Buffer.from("<!DOCTYPE html><html>"), "", "a web page and no image"],
])("an unusable image", (bytes, declared, words) => {
  expect(() => check(bytes, declared)).toThrow(words);
});

test("the size of a qcow2 image is the guest's", () => {
  expect(readImageHeader(qcow2Header({ size: 12_345n }))).toMatchObject({ kind: "qcow2", virtualBytes: 12_345 });
});
