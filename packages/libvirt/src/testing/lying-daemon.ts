// A daemon at a UNIX socket that greets as libvirtd does, and then answers as a test wants.
import { createServer, type Server, type Socket } from "node:net";
import {
  encodePacket,
  type Packet,
  type PacketHeader,
  PacketSplitter,
  packetStatus,
  packetTypes,
} from "../wire/packet.ts";
import type { XdrWriter } from "../wire/xdr-writer.ts";

/** Numbers of the calls of the greeting: authentication, features, open. */
const greetings: ReadonlyMap<number, (output: XdrWriter) => void> = new Map<number, (output: XdrWriter) => void>([
  [66, (output) => output.list([0], 20, "types", (type) => output.int(type, "type"))],
  [60, (output) => output.int(1, "supported")],
  [1, () => {}],
]);

/** Answers a call after the greeting. */
export type Answer = (packet: Packet, socket: Socket, daemon: LyingDaemon) => void;

export class LyingDaemon {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections so far. */
  connections = 0;
  /** False: it gives no signs of life. */
  alive = true;
  answer: Answer;

  private constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Reads again from connections that were paused. */
  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  static async start(path: string, answer: Answer): Promise<LyingDaemon> {
    const daemon = new LyingDaemon(answer);
    await new Promise<void>((resolve) => daemon.#server.listen(path, resolve));
    return daemon;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    const splitter = new PacketSplitter();
    socket.on("data", (chunk: Buffer) => {
      for (const packet of splitter.push(chunk)) this.#receive(packet, socket);
    });
  }

  #receive(packet: Packet, socket: Socket): void {
    const { header } = packet;
    const greeting = greetings.get(header.procedure);
    if (header.type === packetTypes.message) {
      if (this.alive) socket.write(encodePacket({ ...header, procedure: 2 }, () => {}));
    } else if (greeting !== undefined) socket.write(reply(header, greeting));
    else this.answer(packet, socket, this);
  }
}

/** An answer to a call, with what is to be different. */
export const reply = (
  call: PacketHeader,
  write: (output: XdrWriter) => void = () => {},
  differs: Partial<PacketHeader> = {},
): Buffer => encodePacket({ ...call, type: packetTypes.reply, status: packetStatus.ok, ...differs }, write);

/** The bytes of a packet whose length word is a lie. */
export function withLength(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(length);
  return copy;
}
