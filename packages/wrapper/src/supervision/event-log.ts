// Every change of every process with a sequence number, in a bounded ring. Watchers are cursors into it: a slow one needs no
// memory of its own, and one that needs an event which is not in the ring any more gets an error.
import type { ProcessState, WatchEvent } from "@cke/protocol";

export interface EventLogOptions {
  /** New at every start of the wrapper: sequence numbers mean nothing across instances. */
  readonly instanceId: string;
  readonly capacity: number;
  readonly now: () => number;
}

export class EventLog {
  readonly instanceId: string;
  readonly #capacity: number;
  readonly #now: () => number;
  /** Slot of sequence number s: s mod capacity. */
  readonly #ring: WatchEvent[] = [];
  /** Last event of every process that is not removed. */
  readonly #present = new Map<string, WatchEvent>();
  readonly #listeners = new Set<() => void>();
  #last = 0;

  constructor(options: EventLogOptions) {
    this.instanceId = options.instanceId;
    this.#capacity = options.capacity;
    this.#now = options.now;
  }

  /** Sequence number of the newest event; 0 before the first. */
  last(): number {
    return this.#last;
  }

  /** Sequence number of the oldest event that is still known; 1 before the first. */
  oldest(): number {
    return Math.max(1, this.#last - this.#capacity + 1);
  }

  append(state: ProcessState, removed: boolean): void {
    this.#last += 1;
    const event: WatchEvent = {
      sequence: this.#last,
      timeMs: this.#now(),
      instanceId: this.instanceId,
      state,
      removed,
    };
    this.#ring[this.#last % this.#capacity] = event;
    if (removed) this.#present.delete(state.name);
    else {
      // Deleted first, so that the map stays in the order of sequence numbers.
      this.#present.delete(state.name);
      this.#present.set(state.name, event);
    }
    for (const listener of this.#listeners) listener();
  }

  /** The event of a sequence number; undefined when it is forgotten or has not happened. */
  at(sequence: number): WatchEvent | undefined {
    const event = this.#ring[sequence % this.#capacity];
    return event?.sequence === sequence ? event : undefined;
  }

  /** The last event of every present process, oldest first. */
  snapshot(): readonly WatchEvent[] {
    return [...this.#present.values()];
  }

  /** Calls back after every append, until the returned function is called. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
