// The clock of a replay: its time passes only when master, agent and sockets have nothing left to do. So the speed of the
// machine changes how long a replay takes, and nothing else.
import type { Clock } from "@cke/foundation";
import { VirtualClock } from "../simulation/virtual-clock.ts";

/** Turns of the event loop without work in progress after which all that was written has also been read. */
const quietTurns = 10;
/** Real milliseconds after which work in progress is no longer waited for: a slow disk has answered by then. */
const longestWorkMs = 60_000;
/** How long one turn of waiting takes on an idle machine. Where it takes longer, other processes are slower too. */
const idleTurnMs = 4;

/** Requests to the kernel under way; open sockets and pipes are not among them. */
const isWork = (resource: string) => /Req|(Write|Connect|Shutdown)Wrap$/.test(resource);

async function quiet(): Promise<void> {
  const since = performance.now();
  for (let turns = 0; turns < quietTurns; turns += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some(isWork) && performance.now() - since < longestWorkMs) turns = -1;
  }
}

export class StageClock implements Clock {
  readonly #virtual = new VirtualClock(Date.now(), quiet);

  now(): number {
    return Math.round(this.#virtual.now());
  }

  monotonic(): number {
    return this.#virtual.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#virtual.sleep(ms, signal);
  }

  after(ms: number, callback: () => void): () => void {
    return this.#virtual.after(ms, callback);
  }

  /** Lets time pass, or less when `until` becomes true. */
  async pass(ms: number, until?: () => boolean): Promise<void> {
    await this.#virtual.pass(ms, until);
    await quiet();
  }

  /**
   * Waits for something real, which needs no time of this clock; after `patienceMs` real milliseconds of an idle machine
   * time passes too, `creepMs` of it at most, and `pace` times as fast as real time: a process that is a little slower
   * than patience allows comes a little late. Answers whether it came.
   */
  async until(condition: () => boolean, patienceMs: number, creepMs: number, pace = 1): Promise<boolean> {
    const now = this.#virtual.now();
    let looked = performance.now();
    let late = -patienceMs;
    while (!condition()) {
      const crept = this.#virtual.now() - now;
      const turnMs = performance.now() - looked;
      looked += turnMs;
      late += Math.min(turnMs, idleTurnMs);
      if (late < 0 || crept > late * pace) await new Promise((resolve) => setTimeout(resolve, 2));
      else if (crept < creepMs) await this.pass(20, condition);
      else return condition();
    }
    return true;
  }

  /** Waits for a promise, letting time pass when it needs some. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const done = () => {
      over = true;
    };
    promise.then(done, done);
    await this.until(() => over, 50, 600_000, Number.POSITIVE_INFINITY);
    return await promise;
  }
}
