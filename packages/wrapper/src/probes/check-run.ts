// What every kind of check is: a run that passes or throws. The failure has one line for an operator, and beside it what was
// really answered. Pure.

/** Performs one run; throws an Error with the reason in words when it fails. */
export type CheckRun = (signal: AbortSignal) => Promise<void>;

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
