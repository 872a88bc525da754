// The end of a log that grows: so much of it as a page can show. Pure.

export interface LogText {
  readonly text: string;
  /** Characters that were left out at its beginning. */
  readonly dropped: number;
}

export const emptyLog: LogText = { text: "", dropped: 0 };
const mostCharacters = 1_000_000;

/** What is left out ends with a line. */
export function appended({ text, dropped }: LogText, more: string, most = mostCharacters): LogText {
  const whole = text + more;
  if (whole.length <= most) return { text: whole, dropped };
  const from = whole.length - Math.floor(most * 0.8);
  const newline = whole.indexOf("\n", from);
  const cut = newline < 0 ? from : newline + 1;
  return { text: whole.slice(cut), dropped: dropped + cut };
}
