// A check that failed: one line for an operator, and what was really answered beside it. Pure.

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
