// How slow a machine is while a test measures a time that has a bar: by how long a small program takes to start and end beside what is
// measured. Bars are for an idle machine. The load tells less: programs of a low priority make it high and others hardly slower.
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** A program that does nothing, on an idle machine, in milliseconds. */
const idleStartMs = 50;
const everyMs = 1_000;

export interface PaceSamples {
  /** How long starts of the program took, in milliseconds. */
  readonly startsMs: readonly number[];
}

/** How many times slower than an idle one the machine was; 1 at least. Pure. */
function slownessOf(samples: PaceSamples): number {
  return Math.max(1, usualOf(samples) / idleStartMs);
}

/** The median. Pure. */
function usualOf({ startsMs }: PaceSamples): number {
  const starts = startsMs.toSorted((left, right) => left - right);
  return starts[Math.floor(starts.length / 2)] ?? 0;
}

/** The longest time for which the machine stood still for a program that otherwise takes no time. Pure. */
function hiccupOf(samples: PaceSamples): number {
  return Math.max(0, ...samples.startsMs) - usualOf(samples);
}

/** However busy the machine was, at least this part of a measured time counts: what takes ten times its bar is no pace of a machine. */
const leastPart = 1 / 10;

/** What a measured time would be on an idle machine, in milliseconds; a tenth of it at least. Pure. */
export function pacedMs(elapsedMs: number, samples: PaceSamples): number {
  const paced = (elapsedMs - hiccupOf(samples)) / slownessOf(samples);
  return Math.max(elapsedMs * leastPart, paced);
}

export class MachinePace {
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #startsMs: number[] = [];

  /** Measures from now on until `stop`. */
  constructor() {
    this.#running = this.#run();
  }

  /** What was measured since the last call; of the present moment at least. */
  async take(): Promise<PaceSamples> {
    await this.#sample();
    const startsMs = this.#startsMs;
    this.#startsMs = [];
    return { startsMs };
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#sample();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async #sample(): Promise<void> {
    const began = performance.now();
    await promisify(execFile)(process.execPath, ["-e", "0"]).catch(() => {}); // one that cannot start takes its time too
    this.#startsMs.push(performance.now() - began);
  }
}
