// One process with its probes, its runs and its timers: performs the effects of the state machine (process-state-machine.ts) and
// turns what happens into events for it. Invariant: when `exited` is dispatched, nothing of the run is left, unless the
// specification keeps descendants.
import { assertNever } from "@cke/foundation/assert-never";
import { messageOf } from "@cke/foundation/cke-error";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import type { ProcessSpec, ProcessState, Resources } from "@cke/protocol";
import type { Cgroups } from "../cgroups/cgroup.ts";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { probeCheck } from "../probes/probe-check.ts";
import { ProbeLoop } from "../probes/probe-loop.ts";
import type { ProbeSemaphore } from "../probes/probe-semaphore.ts";
import { parseSignal } from "../process/process-group.ts";
import { describeRun, endedByMemoryLimit } from "./exit-description.ts";
import { OneShotProgress } from "./one-shot-progress.ts";
import { type EndedProcess, ProcessRun } from "./process-run.ts";
import { type EffectiveSettings, effectiveSettings, specHash } from "./process-spec-defaults.ts";
import {
  advance,
  isTerminal,
  newStatus,
  type ProcessEffect,
  type ProcessEvent,
  type ProcessStatus,
} from "./process-state-machine.ts";
import { answersOf, logFields, probeInWords } from "./process-words.ts";

export interface ProcessDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly cgroups: Cgroups;
  readonly outputs: OutputRegistry;
  /** Of the whole node. */
  readonly probeSemaphore: ProbeSemaphore;
  /** Called after every change that an operator can see. */
  readonly onChange: (state: ProcessState) => void;
}

export interface StopOptions {
  readonly signal: string;
  readonly graceMs: number;
}

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly hash: string;
  readonly #settings: EffectiveSettings;
  readonly #deps: ProcessDependencies;
  readonly #logger: Logger;
  readonly #gates: readonly ProbeLoop[];
  readonly #health: readonly ProbeLoop[];
  readonly #run: ProcessRun;
  readonly #progress: OneShotProgress;
  #status: ProcessStatus = newStatus;
  #resources: Resources;
  #cancelStart: (() => void) | undefined;
  #grace: { readonly deadline: number; readonly cancel: () => void } | undefined;
  #over = Promise.withResolvers<void>();

  constructor(spec: ProcessSpec, deps: ProcessDependencies) {
    this.spec = spec;
    this.hash = specHash(spec);
    this.#settings = effectiveSettings(spec);
    this.#deps = deps;
    this.#logger = deps.logger.child({ process: spec.name });
    this.#resources = spec.resources ?? noLimits;
    const { clock, random, probeSemaphore } = deps;
    this.#gates = spec.startWhen.map(
      (probe) =>
        new ProbeLoop({
          probe,
          check: probeCheck(probe, probeSemaphore),
          clock,
          random,
          once: true,
          onChange: () => this.#gatesChanged(),
        }),
    );
    this.#health = spec.health.map(
      (probe) =>
        new ProbeLoop({
          probe,
          check: probeCheck(probe, probeSemaphore),
          clock,
          random,
          once: false,
          onChange: () => this.#changed(),
        }),
    );
    this.#run = new ProcessRun(spec, this.#settings.output, { ...deps, onLimits: () => this.#changed() });
    const lastLine = () => this.#run.lastLine();
    this.#progress = new OneShotProgress({ clock, lastLine, onChange: () => this.#changed() });
  }

  begin(): void {
    this.#dispatch({ kind: "begin" });
    this.#changed();
  }

  isOver(): boolean {
    return isTerminal(this.#status.phase);
  }

  /** Milliseconds that its specification gives it to stop. */
  graceMs(): number {
    return this.#settings.stopGraceMs;
  }

  state(): ProcessState {
    const status = this.#status;
    const health = this.#health.map((loop) => loop.state());
    const sick = status.phase === "running" ? health.filter((probe) => !probe.passing) : [];
    return {
      name: this.spec.name,
      type: this.spec.type,
      phase: status.phase,
      pid: status.pid,
      startedAtMs: status.startedAtMs,
      restarts: Math.max(0, status.runs - 1),
      exitCode: status.exitCode,
      exitSignal: status.exitSignal,
      reason:
        sick.length > 0
          ? `not healthy: ${sick.map(probeInWords).join("; ")}`
          : status.reason || (status.phase === "running" ? this.#run.limitProblem : "") || this.#progress.words,
      healthy: status.phase === "running" && sick.length === 0,
      startWhen: this.#gates.map((loop) => loop.state()),
      health,
      resources: this.#resources,
      specHash: this.hash,
      outOfMemory: status.outOfMemory,
      lastOutput: status.lastOutput,
      nextStartMs: status.nextStartMs,
      output: answersOf(status, { gates: this.#gates, health: this.#health }),
    };
  }

  /** Resolves when nothing of the process is left. A second call can only shorten the grace of the first. */
  async stop(options: Partial<StopOptions> = {}): Promise<void> {
    const signal =
      options.signal === undefined ? this.#settings.stopSignal : (parseSignal(options.signal) ?? "SIGTERM");
    this.#dispatch({ kind: "stop", signal, graceMs: options.graceMs ?? this.#settings.stopGraceMs });
    await this.#over.promise;
  }

  /** Takes effect at once if the process runs, else with the next run. When it throws a WrapperError, nothing has changed. */
  async setResources(resources: Resources): Promise<void> {
    await this.#run.setResources(resources);
    this.#resources = resources;
    this.#changed();
  }

  #dispatch(event: ProcessEvent): void {
    const before = this.#status;
    const rules = { oneShot: this.spec.oneShot, restart: this.#settings.restart, gated: this.#gates.length > 0 };
    const { status, effects } = advance(before, event, rules);
    this.#status = status;
    if (before.phase !== status.phase) this.#logger.info(`${before.phase} -> ${status.phase}`, logFields(status));
    if (before !== status) this.#changed();
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ProcessEffect): void {
    switch (effect.kind) {
      case "watch-gates":
        for (const loop of this.#gates) loop.start();
        this.#gatesChanged();
        return;
      case "unwatch-gates":
        for (const loop of this.#gates) loop.stop();
        return;
      case "spawn":
        void this.#spawn();
        return;
      case "watch-health":
        for (const loop of this.#health) loop.start();
        return;
      case "unwatch-health":
        for (const loop of this.#health) loop.stop();
        return;
      case "start-at": {
        const delay = Math.max(0, effect.atMs - this.#deps.clock.now());
        this.#cancelStart = this.#deps.clock.after(delay, () => this.#dispatch({ kind: "start-due" }));
        return;
      }
      case "cancel-start":
        this.#cancelStart?.();
        return;
      case "signal":
        this.#run.signal(parseSignal(effect.signal) ?? "SIGTERM");
        return;
      case "arm-grace":
        this.#armGrace(effect.ms);
        return;
      case "kill":
        this.#run.kill();
        return;
      case "release":
        void this.#release();
        return;
      default:
        assertNever(effect);
    }
  }

  async #spawn(): Promise<void> {
    try {
      await this.#run.prepare(this.#resources);
      // A stop may have come while the cgroup was made ready.
      if (this.#status.phase !== "starting")
        throw new WrapperError("failed_precondition", "stopped before it was started");
      const { pid, ended } = await this.#run.start();
      this.#dispatch({ kind: "spawned", pid, atMs: this.#deps.clock.now() });
      if (this.spec.oneShot) this.#progress.begin();
      void ended(() => this.#lingers()).then((run) => this.#ended(run));
    } catch (error) {
      const passing = error instanceof WrapperError && error.retryable;
      const retry = passing ? { atMs: this.#deps.clock.now(), random: this.#deps.random() } : undefined;
      this.#dispatch({ kind: "spawn-failed", reason: messageOf(error), retry });
    }
  }

  /** Whether what the main process left behind may still end by itself: only during the grace of a stop. */
  #lingers(): boolean {
    return (
      this.#status.phase === "stopping" &&
      this.#grace !== undefined &&
      this.#deps.clock.monotonic() < this.#grace.deadline
    );
  }

  #ended(run: EndedProcess): void {
    this.#progress.end();
    if (run.launchFailure !== undefined) {
      this.#dispatch({ kind: "spawn-failed", reason: run.launchFailure, retry: undefined });
      return;
    }
    const atMs = this.#deps.clock.now();
    const description = describeRun({
      ...run,
      ranMs: atMs - this.#status.startedAtMs,
      // The limit that the process itself has.
      memoryBytes: (this.spec.workloadCgroup === "" ? this.#resources : this.spec.overhead)?.memoryBytes ?? 0,
    });
    this.#dispatch({
      kind: "exited",
      atMs,
      code: run.code,
      signal: run.signal,
      outOfMemory: endedByMemoryLimit(run),
      lastOutput: run.lastOutput,
      description,
      random: this.#deps.random(),
    });
  }

  #armGrace(ms: number): void {
    const deadline = this.#deps.clock.monotonic() + ms;
    if (this.#grace !== undefined && this.#grace.deadline <= deadline) return;
    this.#grace?.cancel();
    this.#grace = { deadline, cancel: this.#deps.clock.after(ms, () => this.#dispatch({ kind: "grace-over" })) };
  }

  async #release(): Promise<void> {
    this.#grace?.cancel();
    this.#grace = undefined;
    await this.#run.release();
    this.#over.resolve();
  }

  #gatesChanged(): void {
    const waitingFor = this.#gates.map((loop) => loop.state()).filter((probe) => !probe.everPassed);
    this.#dispatch({ kind: "gates", waitingFor: waitingFor.map(probeInWords) });
    this.#changed();
  }

  #changed(): void {
    this.#deps.onChange(this.state());
  }
}
