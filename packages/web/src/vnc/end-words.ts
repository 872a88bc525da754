// What a person reads when the connection of a screen is over. Pure.

/** Close codes that say an HTTP status: 4000 and the status. */
const statuses = 4_000;

export interface ScreenEnd {
  readonly words: string;
  /** Whether the page connects again by itself. */
  readonly again: boolean;
}

/** `code`, `reason`: of the WebSocket's Close frame. */
export function screenEnd(code: number, reason: string): ScreenEnd {
  const why = reason === "" ? "" : `: ${reason}`;
  const status = code - statuses;
  if (status === 404) return { words: `There is no such virtual machine${why}.`, again: false };
  if (status === 409 || status === 412) return { words: `It has no screen now${why}.`, again: false };
  if (status >= 400 && status < 500) return { words: `The screen cannot be shown${why}.`, again: false };
  if (code === 1000) return { words: "The screen has ended: the guest has stopped, or starts anew.", again: true };
  return { words: `The connection is lost${why}.`, again: true };
}
