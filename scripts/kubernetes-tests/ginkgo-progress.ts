// How far ginkgo is, from its output: it prints one "•" for each test that ran, and "[FAILED]" or another word after that of a test
// that did not pass. Of what it skips it prints "S". Source: the output of ginkgo 2 without colors.
const failure = /• \[(?:FAILED|TIMEDOUT|PANICKED|INTERRUPTED|ABORTED)\]/g;
/** Longer than the longest of these words: a piece of the output may end within one. */
const overlap = 16;

const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0;

export class GinkgoProgress {
  #done = 0;
  #failed = 0;
  #tail = "";

  /** The next piece of the output. */
  add(text: string): void {
    this.#done += count(text, /•/g);
    this.#failed += count(this.#tail + text, failure) - count(this.#tail, failure);
    this.#tail = (this.#tail + text).slice(-overlap);
  }

  line(): string {
    return `${this.#done} tests have ended, ${this.#failed} of them failed`;
  }
}
