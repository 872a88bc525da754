// How much output may be on its way to a terminal page. What a page has got and not yet shown would delay its next key stroke, so
// the page says what it has shown, and no more than a window is sent ahead of that. Pure.

/** What a page draws in some hundredths of a second. */
const windowBytes = 512 * 1024;

export class OutputWindow {
  #ahead = 0;
  #room = Promise.withResolvers<void>();

  constructor() {
    this.#room.resolve();
  }

  /** Resolves when more may be sent. */
  room(): Promise<void> {
    return this.#room.promise;
  }

  sent(bytes: number): void {
    const before = this.#ahead;
    this.#ahead += bytes;
    if (before < windowBytes && this.#ahead >= windowBytes) this.#room = Promise.withResolvers();
  }

  /** The page has drawn so many bytes. */
  shown(bytes: number): void {
    this.#ahead = Math.max(0, this.#ahead - bytes);
    if (this.#ahead < windowBytes) this.#room.resolve();
  }

  /** What is on its way counts as drawn: the page may have said so, behind input that the command does not take. */
  assumeShown(): void {
    this.shown(this.#ahead);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#ahead = 0;
    this.#room.resolve();
  }
}
