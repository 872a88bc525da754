// Runs one probe again and again, one run at a time, and tells every change of its state.
import type { Clock } from "@cke/foundation/clock";
import type { Probe, ProbeState } from "@cke/protocol";
import type { ProbeCheck } from "./probe-check.ts";
import {
  newProbeRecord,
  nextProbeDelayMs,
  type ProbeRecord,
  type ProbeTiming,
  probeTimeoutMs,
  probeTiming,
  recordResult,
  restartProbeRecord,
} from "./probe-record.ts";

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly check: ProbeCheck;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends the loop when the probe has passed once (start_when). */
  readonly once: boolean;
  readonly onChange: () => void;
}

export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  readonly #timing: ProbeTiming;
  #record: ProbeRecord;
  #abort: AbortController | undefined;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    this.#timing = probeTiming(options.probe);
    this.#record = newProbeRecord(options.probe, options.clock.now());
  }

  state(): ProbeState {
    return this.#record.state;
  }

  /** What was answered, raw; "" while it passes. */
  output(): string {
    return this.#record.output;
  }

  /** Begins (again): a loop that runs already is left alone. */
  start(): void {
    if (this.#abort !== undefined) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#record = restartProbeRecord(this.#record, this.#options.clock.now());
    void this.#run(abort.signal);
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    // A process that does not run has no passing probe.
    if (!this.#options.once) this.#record = restartProbeRecord(this.#record, this.#options.clock.now());
  }

  /** Never rejects: a check turns its failures into results, and a wait ends only by the signal. */
  async #run(signal: AbortSignal): Promise<void> {
    const { check, clock, random, once, onChange } = this.#options;
    while (!signal.aborted) {
      const began = clock.monotonic();
      const result = await check.run(probeTimeoutMs(this.#record, this.#timing), signal);
      if (signal.aborted) return;
      const before = this.#record.state;
      this.#record = recordResult(this.#record, result, this.#timing, clock.now());
      const done = once && this.#record.state.everPassed;
      if (done) this.#abort = undefined;
      if (before !== this.#record.state) onChange();
      if (done) return;
      const now = { random: random(), tookMs: clock.monotonic() - began, nowMs: clock.now() };
      await clock.sleep(nextProbeDelayMs(this.#record, this.#timing, now), signal).catch(() => {});
    }
  }
}
