// What a PNG shows, as far as a test needs it.
import { inflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** A black picture has none, whatever filters its lines have. */
  readonly litBytes: number;
}

/** Of 8 bits of red, green and blue. Throws for another one. */
export function readPicture(png: Buffer): Picture {
  if (png.toString("latin1", 1, 4) !== "PNG") throw new Error("no PNG");
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const form = [png.readUInt8(24), png.readUInt8(25)];
  if (form[0] !== 8 || form[1] !== 2) throw new Error(`a PNG of another form: ${form}`);
  const lines = inflateSync(Buffer.concat(data));
  const stride = width * 3 + 1;
  if (lines.length !== stride * height) throw new Error("the PNG has other lines than its size says");
  let litBytes = 0;
  for (const [index, byte] of lines.entries()) if (byte !== 0 && index % stride !== 0) litBytes += 1;
  return { width, height, litBytes };
}
