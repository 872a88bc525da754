// A packet of libvirt's RPC: a length word, a header of six words, a payload. virNetMessageHeader.
import { LibvirtProtocolError } from "./libvirt-error.ts";
import { headerBytes, lengthBytes, messageMost } from "./limits.ts";
import { XdrReader } from "./xdr-reader.ts";
import { XdrWriter } from "./xdr-writer.ts";

/** What a packet is (virNetMessageType). */
export const packetTypes = { call: 0, reply: 1, message: 2, stream: 3, replyWithFiles: 5, streamHole: 6 } as const;
/** virNetMessageStatus. `more`: of streams, data. */
export const packetStatus = { ok: 0, error: 1, more: 2 } as const;

export interface PacketHeader {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

export interface Packet {
  readonly header: PacketHeader;
  readonly payload: Buffer;
}

/** The bytes of a packet. `write` writes its payload. Throws when it is larger than a daemon takes. */
export function encodePacket(header: PacketHeader, write: (output: XdrWriter) => void): Buffer {
  const output = new XdrWriter(lengthBytes + headerBytes);
  write(output);
  const bytes = output.finish();
  if (bytes.length > messageMost)
    throw new RangeError(`a libvirt message of ${bytes.length} bytes, at most ${messageMost}`);
  fillHeader(bytes, header);
  return bytes;
}

/** A packet around data of a stream, which have no encoding of their own. */
export function encodeStreamData(header: PacketHeader, data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes + headerBytes + data.length);
  bytes.set(data, lengthBytes + headerBytes);
  fillHeader(bytes, header);
  return bytes;
}

function fillHeader(bytes: Buffer, header: PacketHeader): void {
  const words = [
    bytes.length,
    header.program,
    header.version,
    header.procedure,
    header.type,
    header.serial,
    header.status,
  ];
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, index * 4);
}

/** `bytes`: a whole packet with its length word. */
export function decodePacket(bytes: Buffer): Packet {
  const input = new XdrReader(bytes, lengthBytes);
  const header = {
    program: input.uint("program"),
    version: input.uint("version"),
    procedure: input.uint("procedure"),
    type: input.uint("type"),
    serial: input.uint("serial"),
    status: input.uint("status"),
  };
  return { header, payload: input.rest() };
}

/** Puts packets together that come in pieces of any size. Holds at most one packet, and of it only what has come. */
export class PacketSplitter {
  #pieces: Buffer[] = [];
  #held = 0;

  /** The packets that are whole now. Throws when a length is not possible: nothing after it can be read. */
  push(chunk: Buffer): Packet[] {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    const packets: Packet[] = [];
    while (this.#held >= lengthBytes) {
      const length = this.#nextLength();
      if (length < lengthBytes + headerBytes || length > messageMost + lengthBytes)
        throw new LibvirtProtocolError(`a packet claims to have ${length} bytes`);
      if (this.#held < length) break;
      const all = this.#whole();
      packets.push(decodePacket(all.subarray(0, length)));
      this.#pieces = length === all.length ? [] : [all.subarray(length)];
      this.#held -= length;
    }
    return packets;
  }

  #nextLength(): number {
    const [first] = this.#pieces;
    return (first !== undefined && first.length >= lengthBytes ? first : this.#whole()).readUInt32BE(0);
  }

  #whole(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}
