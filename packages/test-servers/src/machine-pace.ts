// How slow a machine is while a test measures a time that has a bar: by its load, and by how long a small program takes to start and end
// beside what is measured. Bars are for an idle machine.
import { execFile } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** A program that does nothing, on an idle machine with two slow processors, in milliseconds. */
const idleStartMs = 100;
const everyMs = 1_000;

export interface PaceSamples {
  /** How long starts of the program took, in milliseconds. */
  readonly startsMs: readonly number[];
  /** Load averages of the last minute. */
  readonly loads: readonly number[];
  readonly processors: number;
}

/** How many times slower than an idle one the machine was; 1 at least. Pure. */
export function slownessOf({ startsMs, loads, processors }: PaceSamples): number {
  const starts = startsMs.toSorted((left, right) => left - right);
  const usual = starts[Math.floor(starts.length / 2)] ?? 0;
  return Math.max(1, usual / idleStartMs, Math.max(0, ...loads) / processors);
}

/** The longest time for which the machine stood still for a program that otherwise takes no time. Pure. */
export function hiccupOf({ startsMs }: Pick<PaceSamples, "startsMs">): number {
  const starts = startsMs.toSorted((left, right) => left - right);
  return Math.max(0, (starts.at(-1) ?? 0) - (starts[Math.floor(starts.length / 2)] ?? 0));
}

/** What a measured time would be on an idle machine, in milliseconds. Pure. */
export function pacedMs(elapsedMs: number, samples: PaceSamples): number {
  return Math.max(0, elapsedMs - hiccupOf(samples)) / slownessOf(samples);
}

export class MachinePace {
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #startsMs: number[] = [];
  #loads: number[] = [];

  /** Measures from now on until `stop`. */
  constructor() {
    this.#running = this.#run();
  }

  /** What was measured since the last call; of the present moment at least. */
  async take(): Promise<PaceSamples> {
    await this.#sample();
    const samples = { startsMs: this.#startsMs, loads: this.#loads, processors: cpus().length };
    this.#startsMs = [];
    this.#loads = [];
    return samples;
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
    this.#loads.push(loadavg()[0] ?? 0);
    const began = performance.now();
    await promisify(execFile)(process.execPath, ["-e", "0"]).catch(() => {}); // one that cannot start takes its time too
    this.#startsMs.push(performance.now() - began);
  }
}
