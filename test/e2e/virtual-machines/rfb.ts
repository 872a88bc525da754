// The client's side of RFB (RFC 6143) as far as a test needs it: the handshake, and one picture of the whole screen.
import { createWebSocketStream, type WebSocket } from "ws";

export interface Screen {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Bytes of the picture that are not zero. */
  readonly litBytes: number;
}

const uint16 = (value: number) => [value >> 8, value & 255];
const rawEncoding = 0;

/** Without a password, as the scheduler passes it on. Throws when the other side does not speak RFB 3.8. */
export async function readScreen(socket: WebSocket): Promise<Screen> {
  const stream = createWebSocketStream(socket);
  let held = Buffer.alloc(0);
  const chunks: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  const take = async (count: number): Promise<Buffer> => {
    while (held.length < count) {
      const { value: chunk, done } = await chunks.next();
      if (done === true) throw new Error(`the screen ended; held: ${held.toString("hex")}`);
      if (chunk instanceof Uint8Array) held = Buffer.concat([held, chunk]);
    }
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
  const number = async (bytes: 1 | 2 | 4) => (await take(bytes)).readUIntBE(0, bytes);
  try {
    const version = (await take(12)).toString("latin1");
    if (version !== "RFB 003.008\n") throw new Error(`no RFB 3.8: ${JSON.stringify(version)}`);
    stream.write(version);
    const kinds = [...(await take(await number(1)))];
    if (!kinds.includes(1)) throw new Error(`a password is wanted: ${kinds}`);
    stream.write(Buffer.from([1]));
    if ((await number(4)) !== 0) throw new Error("the handshake is refused");
    stream.write(Buffer.from([1])); // others may look too
    const [width, height] = [await number(2), await number(2)];
    const bitsPerPixel = (await take(16)).readUInt8(0);
    const name = (await take(await number(4))).toString("utf8");
    stream.write(Buffer.from([2, 0, ...uint16(1), 0, 0, 0, rawEncoding]));
    stream.write(Buffer.from([3, 0, 0, 0, 0, 0, ...uint16(width), ...uint16(height)]));
    let litBytes = 0;
    if ((await number(1)) !== 0) throw new Error("no picture comes");
    await take(1);
    const rectangles = await number(2);
    for (let index = 0; index < rectangles; index += 1) {
      await take(4);
      const [across, down, encoding] = [await number(2), await number(2), await number(4)];
      if (encoding !== rawEncoding) throw new Error(`the picture is encoded (${encoding})`);
      for (const byte of await take((across * down * bitsPerPixel) / 8)) if (byte !== 0) litBytes += 1;
    }
    return { name, width, height, litBytes };
  } finally {
    stream.destroy();
    socket.terminate();
  }
}
