// Which events of the wrapper are of the present run of a process.
import type { ProcessState, WatchEvent } from "@cke/protocol";

export class RunEvents {
  /** Events up to this sequence number belong to an earlier run. */
  #afterSequence = Number.POSITIVE_INFINITY;
  /** Of the present run; undefined while a start is not answered. */
  #specHash: string | undefined;
  /** Of the last run whose start was answered. */
  #knownHash: string | undefined;
  /** What came while a start is not answered: the last of all, and the last one of the run that was there before. */
  #early: ProcessState | undefined;
  #former: ProcessState | undefined;

  /** A start is not answered yet. */
  get starting(): boolean {
    return this.#specHash === undefined;
  }

  /** A start is about to be sent. */
  expectStart(): void {
    this.#early = undefined;
    this.#specHash = undefined;
  }

  /** Events up to this number are of earlier runs. */
  startAfter(sequence: number): void {
    this.#afterSequence = sequence;
  }

  isEarlier({ sequence }: WatchEvent): boolean {
    return sequence <= this.#afterSequence;
  }

  isOfRun(state: ProcessState): boolean {
    return this.#specHash === state.specHash;
  }

  /** Keeps what comes before a start is answered. */
  keep(state: ProcessState): void {
    this.#early = state;
    if (state.specHash === this.#knownHash) this.#former = state;
  }

  /**
   * The start is answered. Every change is an event too: one that has come before the answer is this state or a later one.
   * Returns the latest.
   */
  started(state: ProcessState): ProcessState {
    const latest = this.#early?.specHash === state.specHash ? this.#early : state;
    this.#specHash = state.specHash;
    this.#knownHash = state.specHash;
    this.#early = undefined;
    this.#former = undefined;
    return latest;
  }

  /** The start is refused, so the run that was there goes on. Returns what came of it meanwhile. */
  refused(): ProcessState | undefined {
    const former = this.#former;
    this.#specHash = this.#knownHash;
    this.#early = undefined;
    this.#former = undefined;
    return former;
  }
}
