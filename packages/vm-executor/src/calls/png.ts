// Pictures of QEMU's screen (PPM) as PNG, which is small enough for one message.
import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";
import { CkeError } from "@cke/foundation";

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Three bytes for each pixel: red, green, blue. */
  readonly rgb: Uint8Array;
}

/** Reads a binary PPM (P6) of 8 bits. Throws CkeError `internal` for anything else. */
export function readPpm(bytes: Uint8Array): Pixels {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString("latin1");
  const [whole, width, height] = /^P6(?:\s|#.*\n)+(\d{1,5})\s+(\d{1,5})\s+255\s/.exec(head) ?? [];
  const size = { width: Number(width), height: Number(height) };
  const rgb = bytes.subarray(whole?.length ?? 0);
  if (whole === undefined || size.width === 0 || rgb.length < size.width * size.height * 3)
    throw new CkeError("internal", "libvirt's picture of the screen is not understood");
  return { ...size, rgb: rgb.subarray(0, size.width * size.height * 3) };
}

/** Each second pixel of each second line. */
export function halved({ width, height, rgb }: Pixels): Pixels {
  const small = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const pixels = new Uint8Array(small.width * small.height * 3);
  for (let y = 0; y < small.height; y += 1)
    for (let x = 0; x < small.width; x += 1) {
      const from = (y * 2 * width + x * 2) * 3;
      pixels.set(rgb.subarray(from, from + 3), (y * small.width + x) * 3);
    }
  return { ...small, rgb: pixels };
}

export async function encodePng({ width, height, rgb }: Pixels): Promise<Buffer> {
  const stride = width * 3;
  // Each line begins with its filter: none.
  const lines = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y += 1) lines.set(rgb.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of colour without a palette.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = await promisify(deflate)(lines);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** The picture of a PPM; a smaller one when it would be larger than `mostBytes` otherwise. */
export async function pngWithin(ppm: Uint8Array, mostBytes: number): Promise<Buffer> {
  for (let pixels = readPpm(ppm); ; pixels = halved(pixels)) {
    const png = await encodePng(pixels);
    if (png.length <= mostBytes || pixels.width <= 1) return png;
  }
}
