import { expect, test } from "vitest";
import { alivePiece, endPiece, failurePiece, PieceReader, pieceHeader, tunnelPieceBytes } from "./tunnel-pieces.ts";

const piece = (text: string) => Buffer.concat([pieceHeader(text.length), Buffer.from(text)]);

/** What a reader finds when the bytes come in chunks of that size. */
function read(bytes: Buffer, size: number) {
  const reader = new PieceReader();
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...reader.take(bytes.subarray(at, at + size)));
  return { text: Buffer.concat(found).toString(), ended: reader.ended, failure: reader.failure };
}

test.each([1, 2, 3, 5, 7, 64, 1_000_000])("pieces in chunks of %d bytes", (size) => {
  const long = "x".repeat(tunnelPieceBytes);
  const bytes = Buffer.concat([piece("first "), alivePiece(), piece("second "), piece(long), alivePiece()]);
  expect(read(bytes, size)).toEqual({ text: `first second ${long}`, ended: false, failure: undefined });
  expect(read(Buffer.concat([bytes, endPiece(), alivePiece()]), size)).toMatchObject({ ended: true });
});

test.each([1, 3, 1_000])("a failure, in chunks of %d bytes, before and after the end", (size) => {
  const failure = { code: "unavailable", message: "connection reset" };
  const last = failurePiece(failure.code, failure.message);
  expect(read(Buffer.concat([piece("x"), last]), size)).toEqual({ text: "x", ended: false, failure });
  expect(read(Buffer.concat([endPiece(), last]), size)).toEqual({ text: "", ended: true, failure });
});

test.each<[string, Buffer]>([
  ["a piece that is too long", pieceHeader(tunnelPieceBytes + 1)],
  ["bytes after the end", Buffer.concat([endPiece(), piece("x")])],
  ["a second end", Buffer.concat([endPiece(), endPiece()])],
  ["a failure that is too long", Buffer.concat([pieceHeader(0xffff_ffff), pieceHeader(1 << 30)])],
])("%s is refused", (_name, bytes) => {
  expect(() => read(bytes, 3)).toThrow(/tunnel|piece|message/);
});
