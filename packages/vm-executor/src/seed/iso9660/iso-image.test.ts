import { expect, test } from "vitest";
import { isoImage } from "./iso-image.ts";

const made = new Date("2024-05-06T07:08:09.000Z");
const file = (name: string, size = 1) => ({ name, content: Buffer.alloc(size, "x") });

test("descriptors are where readers look for them", () => {
  const image = Buffer.from(isoImage({ label: "cidata", made, files: [file("meta-data", 2_049)] }));
  const text = (sector: number, at: number, bytes: number) =>
    image.toString("latin1", sector * 2_048 + at, sector * 2_048 + at + bytes);
  expect(text(16, 0, 7)).toBe("\u0001CD001\u0001");
  expect(text(17, 0, 7)).toBe("\u0002CD001\u0001");
  expect(text(18, 0, 7)).toBe("\u00ffCD001\u0001");
  expect(text(16, 40, 8)).toBe("cidata  ");
  expect(text(17, 88, 3)).toBe("%/E");
  expect(text(16, 813, 16)).toBe("2024050607080900");
  expect(image.length).toBe(28 * 2_048); // the file has two sectors
  expect(image.readUInt32LE(16 * 2_048 + 80)).toBe(28);
  expect(image.readUInt32BE(16 * 2_048 + 84)).toBe(28);
});

test("the same files give the same image", () => {
  const disc = { label: "cidata", made, files: [file("b"), file("a")] };
  expect(Buffer.compare(isoImage(disc), isoImage(disc))).toBe(0);
});

test("an empty file, and a disc without files", () => {
  expect(isoImage({ label: "cidata", made, files: [file("a", 0)] })).toHaveLength(26 * 2_048);
  expect(isoImage({ label: "cidata", made, files: [] })).toHaveLength(26 * 2_048);
});

test.each([
  [{ label: "ci data", files: [] }, "the label of a disc"],
  [{ label: "x".repeat(17), files: [] }, "the label of a disc"],
  [{ label: "cidata", files: [file("a/b")] }, '"a/b" is no name'],
  [{ label: "cidata", files: [file("a"), file("a")] }, "is there twice"],
  [
    { label: "cidata", files: Array.from({ length: 30 }, (_, number) => file(`file-number-${number}`)) },
    "has room for about ten files",
  ],
])("%j is refused", (disc, words) => {
  expect(() => isoImage({ ...disc, made })).toThrow(words);
});
