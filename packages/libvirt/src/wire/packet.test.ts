import { expect, test } from "vitest";
import { LibvirtProtocolError } from "./libvirt-error.ts";
import { messageMost } from "./limits.ts";
import { encodePacket, encodeStreamData, PacketSplitter, packetStatus, packetTypes } from "./packet.ts";

const header = {
  program: 0x20008086,
  version: 1,
  procedure: 9,
  type: packetTypes.call,
  serial: 3,
  status: packetStatus.ok,
};

test("a packet counts its length word and begins with the header", () => {
  const bytes = encodePacket(header, (output) => output.string("abc", "s"));
  expect(bytes.toString("hex")).toBe(
    "00000024" + "20008086" + "00000001" + "00000009" + "00000000" + "00000003" + "00000000" + "0000000361626300",
  );
});

test("packets come whole out of pieces of any size", () => {
  const packets = [1, 2, 3].map((serial) =>
    encodePacket({ ...header, serial }, (output) => output.string("x".repeat(serial * 7), "s")),
  );
  const all = Buffer.concat([
    ...packets,
    encodeStreamData({ ...header, type: packetTypes.stream }, Buffer.from("data")),
  ]);
  for (const size of [1, 3, 4, 5, 28, 29, 60, all.length]) {
    const splitter = new PacketSplitter();
    const found = [];
    for (let at = 0; at < all.length; at += size) found.push(...splitter.push(all.subarray(at, at + size)));
    expect(found.map((packet) => packet.header.serial)).toEqual([1, 2, 3, 3]);
    expect(found.at(-1)?.payload.toString()).toBe("data");
  }
});

test.each([0, 27, messageMost + 5, 2 ** 31, 2 ** 32 - 1])("a length of %i is a breach of the protocol", (length) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  expect(() => new PacketSplitter().push(bytes)).toThrow(LibvirtProtocolError);
});

test("the largest length waits for its bytes", () => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(messageMost + 4);
  expect(new PacketSplitter().push(bytes)).toEqual([]);
});
