import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeFrame, FrameFollower } from "./websocket-frames.ts";

function frame(opcode: number, size: number, mask: boolean): Buffer {
  const extended = size > 0xffff ? 8 : size > 125 ? 2 : 0;
  const header = Buffer.alloc(2 + extended + (mask ? 4 : 0), 0x8f);
  header[0] = 0x80 | opcode;
  header[1] = (mask ? 0x80 : 0) | (extended === 8 ? 127 : extended === 2 ? 126 : size);
  if (extended === 2) header.writeUInt16BE(size, 2);
  if (extended === 8) header.writeBigUInt64BE(BigInt(size), 2);
  // A payload that looks like headers of Close frames.
  return Buffer.concat([header, Buffer.alloc(size, 0x88)]);
}

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    size: fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000),
    mask: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("FrameFollower", () => {
  it("knows the ends of frames, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 20 }),
        (list, cuts) => {
          const parts = list.map(({ opcode, size, mask }) => frame(opcode, size, mask));
          const ends = new Set(parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).length));
          const bytes = Buffer.concat(parts);
          const follower = new FrameFollower();
          let at = 0;
          for (let turn = 0; at < bytes.length; turn += 1) {
            const size = cuts[turn % cuts.length] ?? 1;
            follower.push(bytes.subarray(at, at + size));
            at = Math.min(at + size, bytes.length);
            expect(follower.betweenFrames).toBe(ends.has(at));
          }
          expect(follower.closing).toBe(false);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it("sees a Close frame", () => {
    const follower = new FrameFollower();
    expect(follower.betweenFrames).toBe(true);
    follower.push(closeFrame(1012, "x".repeat(200)));
    expect([follower.betweenFrames, follower.closing]).toEqual([true, true]);
  });
});
