// Large answers are compressed for clients that accept it, as libprocess does. Fact: recording operator-api, /state with gzip.
import { gzipSync } from "node:zlib";

/** Smaller bodies are not compressed. */
const smallestBytes = 1024;

/** The body as it goes over the wire, and whether it is compressed. */
export function bodyOnTheWire(
  body: string | Uint8Array,
  acceptEncoding: string | undefined,
): { readonly bytes: Buffer; readonly gzip: boolean } {
  const bytes =
    typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length < smallestBytes || !acceptsGzip(acceptEncoding)) return { bytes, gzip: false };
  return { bytes: gzipSync(bytes), gzip: true };
}

function acceptsGzip(header = ""): boolean {
  const [, quality] = /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([\d.]+))?\s*(?=,|$)/.exec(header) ?? ["", "0"];
  return quality === undefined || Number(quality) > 0;
}

/** The headers of a compressed body: Content-Encoding first, then the others with the new length. */
export const compressedHeaders = (
  headers: readonly (readonly [string, string])[],
  bytes: Buffer,
): readonly (readonly [string, string])[] => [
  ["Content-Encoding", "gzip"],
  ...headers.map(([name, value]) =>
    name === "Content-Length" ? ([name, String(bytes.length)] as const) : ([name, value] as const),
  ),
];
