import { expect, test } from "vitest";
import { FrameError, FrameReader, frame, messageLimit } from "./message-frames.ts";

const messages = ["", "a", "hello", "x".repeat(1_000)].map((text) => new Uint8Array(Buffer.from(text)));
const wire = Buffer.concat(messages.map(frame));

function read(reader: FrameReader): string[] {
  const found: string[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(Buffer.from(next).toString());
  return found;
}

test.each([1, 2, 3, 4, 5, 7, 100, wire.length])(
  "messages come whole, however they are cut: pieces of %d bytes",
  (size) => {
    const reader = new FrameReader();
    const found: string[] = [];
    for (let at = 0; at < wire.length; at += size) {
      reader.push(wire.subarray(at, at + size));
      found.push(...read(reader));
    }
    expect(found).toEqual(messages.map((message) => Buffer.from(message).toString()));
    reader.end();
    expect(reader.pending).toBe(0);
  },
);

test("a stream that ends within a message is torn, at every cut", () => {
  const one = frame(Buffer.from("hello"));
  for (let length = 1; length < one.length; length += 1) {
    const reader = new FrameReader();
    reader.push(one.subarray(0, length));
    expect(reader.next()).toBeUndefined();
    expect(() => reader.end()).toThrow(FrameError);
  }
});

test("a message that is too long is refused by its length alone", () => {
  const reader = new FrameReader();
  const head = Buffer.alloc(4);
  head.writeUInt32BE(messageLimit + 1);
  reader.push(head);
  expect(() => reader.next()).toThrow(`a message of ${messageLimit + 1} bytes`);
});

test("what follows the last message is there as bytes", () => {
  const reader = new FrameReader();
  reader.push(Buffer.concat([frame(Buffer.from("head")), Buffer.from("raw")]));
  reader.push(Buffer.from(" bytes"));
  expect(Buffer.from(reader.next() ?? []).toString()).toBe("head");
  expect(Buffer.from(reader.rest()).toString()).toBe("raw bytes");
  expect(reader.pending).toBe(0);
});
