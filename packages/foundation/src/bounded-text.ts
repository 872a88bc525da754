// Cuts texts from outside (of Docker, Mesos, processes, HTTP answers) to a maximum size where they come in. Their length is not
// known before, and one long text must not fill a record, a message or a log.

/** Bytes (UTF-8) that one text from outside may have. */
export const maxTextBytes = 4_096;

export interface TextBound {
  /** Default: `maxTextBytes`. The mark of the cut is a part of it; at least 64. */
  readonly maxBytes?: number;
  /** What is kept of a text that is too long. Default "both": of a log the end matters, of an error the beginning. */
  readonly keep?: "start" | "end" | "both";
}

/**
 * The text when it has at most `maxBytes` bytes in UTF-8; else the part of it that is kept, with "[… 1234 bytes cut …]" in
 * the place of the rest. Never cuts a character in two. A text that was cut once is not cut again by the same bound.
 */
export function boundedText(text: string, { maxBytes = maxTextBytes, keep = "both" }: TextBound = {}): string {
  // No character of a string has more than three bytes.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  // The mark of the whole text is not shorter than that of what is really cut.
  const room = Math.max(0, maxBytes - Buffer.byteLength(mark(bytes.length)));
  const head = keep === "start" ? room : keep === "end" ? 0 : Math.floor(room / 2);
  const start = characterBefore(bytes, head);
  const end = characterFrom(bytes, bytes.length - (room - head));
  return `${bytes.toString("utf8", 0, start)}${mark(end - start)}${bytes.toString("utf8", end)}`;
}

const mark = (count: number) => `[… ${count} bytes cut …]`;
const isInside = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** The last boundary between characters that is not after `at`. */
function characterBefore(bytes: Buffer, at: number): number {
  let place = at;
  while (place > 0 && isInside(bytes[place])) place -= 1;
  return place;
}

/** The first boundary between characters that is not before `at`. */
function characterFrom(bytes: Buffer, at: number): number {
  let place = at;
  while (place < bytes.length && isInside(bytes[place])) place += 1;
  return place;
}
