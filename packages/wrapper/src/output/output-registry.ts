// The output files of every process, by name, and the timer that rotates them. The files outlive a process's runs and
// replacements: a name always writes to the same place.

import { join } from "node:path";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import { errnoWordsOf } from "../errors/wrapper-error.ts";
import { OutputFile, type OutputLimits, type Pause } from "./output-file.ts";

export interface ProcessOutput {
  readonly stdout: OutputFile;
  readonly stderr: OutputFile;
}

interface Entry extends ProcessOutput {
  pause: Pause;
}

/** The sizes are polled: with inotify, each line that a process writes would wake the wrapper. */
const checkPeriodMs = 2_000;

export class OutputRegistry {
  readonly directory: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #entries = new Map<string, Entry>();
  #cancel: (() => void) | undefined;
  #rotating: Promise<void> = Promise.resolve();

  constructor(directory: string, clock: Clock, logger: Logger) {
    this.directory = directory;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    const tick = () => {
      this.#rotating = this.#rotateAll().finally(() => {
        if (this.#cancel !== undefined) this.#cancel = this.#clock.after(checkPeriodMs, tick, { background: true });
      });
    };
    this.#cancel = this.#clock.after(checkPeriodMs, tick, { background: true });
  }

  /** Resolves when a rotation that is under way has ended. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#rotating;
  }

  /** The files of a process; `pause` stops its writers where rotation needs that. */
  open(name: string, limits: OutputLimits, pause: Pause): ProcessOutput {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      const file = (stream: string) => new OutputFile(join(this.directory, name, stream), limits);
      entry = { stdout: file("stdout"), stderr: file("stderr"), pause };
      this.#entries.set(name, entry);
    }
    entry.pause = pause;
    entry.stdout.setLimits(limits);
    entry.stderr.setLimits(limits);
    return entry;
  }

  /** The output file at a path, so that readers can follow it across rotations; undefined for any other file. */
  find(path: string): OutputFile | undefined {
    for (const { stdout, stderr } of this.#entries.values()) {
      if (stdout.path === path) return stdout;
      if (stderr.path === path) return stderr;
    }
    return undefined;
  }

  /** The files stay; only the rotation of a process that is forgotten ends. */
  forget(name: string): void {
    this.#entries.delete(name);
  }

  async #rotateAll(): Promise<void> {
    for (const [name, entry] of this.#entries) {
      for (const file of [entry.stdout, entry.stderr]) {
        try {
          await file.rotate(entry.pause);
        } catch (error) {
          this.#logger.warning(`cannot rotate ${file.path}: ${errnoWordsOf(error)}`, { process: name });
        }
      }
    }
  }
}
