// Pictures of a screen become small enough, and stay pictures.
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodePng, halved, pngWithin, readPpm } from "./png.ts";

const ppm = (width: number, height: number, rgb: Uint8Array) =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb]);
/** Bytes that do not compress, the same in each run. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

/** Width, height and lines of a PNG that `encodePng` made. */
function readPng(png: Buffer): { width: number; height: number; lines: Buffer } {
  const length = png.readUInt32BE(33);
  expect(png.toString("latin1", 37, 41)).toBe("IDAT");
  return {
    width: png.readUInt32BE(16),
    height: png.readUInt32BE(20),
    lines: inflateSync(png.subarray(41, 41 + length)),
  };
}

test("pixels come through", async () => {
  const rgb = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const { width, height, lines } = readPng(await encodePng(readPpm(ppm(2, 2, rgb))));
  expect([width, height]).toEqual([2, 2]);
  expect([...lines]).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12]);
});

test("every second pixel of every second line", () => {
  const rgb = Uint8Array.from({ length: 27 }, (_, index) => index);
  expect(halved({ width: 3, height: 3, rgb })).toEqual({
    width: 2,
    height: 2,
    rgb: Uint8Array.of(0, 1, 2, 6, 7, 8, 18, 19, 20, 24, 25, 26),
  });
});

test("a picture that is too large becomes smaller until it fits", async () => {
  const png = await pngWithin(ppm(200, 100, noise(60_000)), 20_000);
  expect(png.length).toBeLessThanOrEqual(20_000);
  expect(readPng(png)).toMatchObject({ width: 100, height: 50 });
});

test.each([Buffer.from("P5\n1 1\n255\nx"), Buffer.from("P6\n9 9\n255\nxx"), Buffer.alloc(0)])(
  "%j is no picture",
  (bytes) => {
    expect(() => readPpm(bytes)).toThrow(/not understood/);
  },
);
