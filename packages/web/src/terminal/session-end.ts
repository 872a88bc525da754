// What a page says and does when its session is over. Pure.

export interface SessionEnd {
  /** For people. */
  readonly words: string;
  /** It is connected again by itself, or when Enter is pressed. */
  readonly again: "itself" | "enter";
}

/** What the scheduler said last before it closed. */
export interface LastWords {
  readonly exit?: { readonly code: number; readonly signal: string };
  readonly error?: { readonly code: string; readonly error: string };
}

const normal = 1000;
/** Refusals that do not pass by themselves: 4000 and the HTTP status. A node that does not run (4409) may be about to. */
const lasting: ReadonlySet<number> = new Set([4_400, 4_404, 4_408, 4_422, 4_429, 4_501]);

export function sessionEnd(closeCode: number, { exit, error }: LastWords): SessionEnd {
  if (closeCode === normal && exit !== undefined)
    return { words: `The shell has ended${howItEnded(exit)}.`, again: "enter" };
  const words = error === undefined ? "The connection is lost." : sentence(error.error);
  if (lasting.has(closeCode) || closeCode === normal) return { words, again: "enter" };
  return { words, again: "itself" };
}

function howItEnded({ code, signal }: { readonly code: number; readonly signal: string }): string {
  if (signal !== "") return ` by signal ${signal}`;
  return code === 0 ? "" : ` with exit code ${code}`;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Seconds before the next attempt; `attempt` counts from 0. */
export function retryDelaySeconds(attempt: number): number {
  return Math.min(2 ** attempt, 15);
}
