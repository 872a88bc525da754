// A check that failed: one line for an operator, and what was really answered beside it. Pure.

/** Of what is kept of an answer, in bytes. */
export const maxOutputBytes = 4_096;

export class CheckFailure extends Error {
  /** The raw answer; "" when there was none. */
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.name = "CheckFailure";
    this.output = output;
  }
}

const maxLine = 200;

/** Text in one line, at most 200 characters. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > maxLine ? `${line.slice(0, maxLine)}…` : line;
}

/** The beginning of a text, at most `maxOutputBytes`; says when something is left out. */
export function bounded(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxOutputBytes) return text;
  const mark = `\n[… cut at ${maxOutputBytes} bytes]`;
  let end = maxOutputBytes - Buffer.byteLength(mark);
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString("utf8", 0, end)}${mark}`;
}
