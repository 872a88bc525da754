// Runs one process: makes its cgroup, opens its output files, starts it, signals it, and ends what it leaves behind.

import { closeSync } from "node:fs";
import { messageOf } from "@cke/foundation/cke-error";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import type { ProcessSpec, Resources } from "@cke/protocol";
import type { Cgroup, Cgroups } from "../cgroups/cgroup.ts";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import type { OutputLimits } from "../output/output-file.ts";
import type { OutputRegistry, ProcessOutput } from "../output/output-registry.ts";
import { killGroup } from "../process/process-group.ts";
import { checkLaunch, type LaunchedProcess, launch, launchFailure } from "../process/process-launch.ts";
import { pauseProcesses } from "../process/process-pause.ts";

const lastOutputBytes = 2_048;
/** Of the last line that is told while a process runs. */
const lastLineBytes = 300;
/** On a busy machine a killed process may take long to end. Two runs at the same time would be worse than a late second run. */
const killPatienceMs = 600_000;
/** Limits that were refused are tried again this often: what needed more may have ended. */
const limitAgainMs = 60_000;

export interface EndedProcess {
  readonly code: number;
  readonly signal: string;
  readonly oomKills: number;
  readonly lastOutput: string;
  /** Set when the program could not be started. */
  readonly launchFailure: string | undefined;
}

export interface RunDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cgroups: Cgroups;
  readonly outputs: OutputRegistry;
  /** The limits of the workload cgroup, or why they are others, have changed while the process runs. */
  readonly onLimits: () => void;
}

interface Present {
  readonly launched: LaunchedProcess;
  readonly output: ProcessOutput;
  readonly oomKills: number;
  readonly stdoutFrom: number;
  readonly stderrFrom: number;
}

export class ProcessRun {
  readonly #spec: ProcessSpec;
  readonly #deps: RunDependencies;
  readonly #limits: OutputLimits;
  #cgroup: Cgroup | undefined;
  #group = 0;
  #output: Pick<Present, "output" | "stdoutFrom"> | undefined;
  #mainAlive = false;
  #limitProblem = "";
  #cancelLimits: (() => void) | undefined;

  constructor(spec: ProcessSpec, limits: OutputLimits, deps: RunDependencies) {
    this.#spec = spec;
    this.#deps = deps;
    this.#limits = limits;
  }

  /** Why the workload cgroup has other limits than those that the process was started with, in words; "" when it has them. */
  get limitProblem(): string {
    return this.#limitProblem;
  }

  /** Checks the program and makes its cgroup. Throws WrapperError with the reason. */
  async prepare(resources: Resources): Promise<void> {
    checkLaunch(this.#spec);
    if (this.#cgroup !== undefined) return;
    const { workloadCgroup, overhead = noLimits } = this.#spec;
    if (workloadCgroup !== "") await this.#limitFirst(workloadCgroup, resources);
    const own = workloadCgroup === "" ? resources : overhead;
    const cgroup = await this.#deps.cgroups.open(this.#spec.name, own);
    this.#cgroup = cgroup;
    const strangers = cgroup.pids();
    if (strangers.length === 0 || this.#spec.keepDescendants) return;
    // Only a wrapper that died can have left them: two runs of the same process must never be side by side.
    this.#deps.logger.warning(`ending ${strangers.length} processes of an earlier wrapper`, {
      process: this.#spec.name,
    });
    await this.#killAll();
  }

  /** Spawns; `ended` resolves when the run is over and nothing is left of it. */
  async start(): Promise<{ pid: number; ended: (lingers: () => boolean) => Promise<EndedProcess> }> {
    const output = this.#deps.outputs.open(this.#spec.name, this.#limits, () => pauseProcesses(() => this.#members()));
    const { stdout, stderr } = output;
    const descriptors = [stdout.openForAppending(), stderr.openForAppending()];
    const before = {
      oomKills: this.#cgroup?.oomKills() ?? 0,
      stdoutFrom: stdout.end(),
      stderrFrom: stderr.end(),
    };
    try {
      const launched = await launch({ ...this.#spec, joinFiles: this.#cgroup?.joinFiles ?? [] }, [
        "ignore",
        ...descriptors,
      ]);
      this.#group = launched.pid;
      this.#mainAlive = true;
      const present = { ...before, launched, output };
      this.#output = present;
      // Set at once: after its exit the pid may belong to another process.
      void launched.exited.then(() => {
        this.#mainAlive = false;
      });
      return { pid: launched.pid, ended: (lingers) => this.#end(present, lingers) };
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
  }

  /** The last line that the present or last run has written to its stdout; "" for none. */
  async lastLine(): Promise<string> {
    if (this.#output === undefined) return "";
    const { output, stdoutFrom } = this.#output;
    return (await output.stdout.tail(stdoutFrom, lastLineBytes)).split("\n").at(-1)?.trim() ?? "";
  }

  /** To the whole process group, while its main process lives. */
  signal(signal: NodeJS.Signals): void {
    if (this.#mainAlive) killGroup(this.#group, signal);
  }

  /** SIGKILL to the group and to everything in the cgroup (or to the group alone when descendants are kept). */
  kill(): void {
    if (this.#mainAlive || this.#deps.cgroups.version === 0) killGroup(this.#group, "SIGKILL");
    if (!this.#spec.keepDescendants) this.#cgroup?.kill();
  }

  /** Sets the limits of the workload cgroup if the process has one, else those of the process itself. */
  async setResources(resources: Resources): Promise<void> {
    const { workloadCgroup } = this.#spec;
    if (workloadCgroup === "") await this.#cgroup?.apply(resources);
    else await this.#deps.cgroups.limitWorkload(workloadCgroup, resources);
    this.#limited();
  }

  #limited(): void {
    this.#cancelLimits?.();
    this.#cancelLimits = undefined;
    this.#limitProblem = "";
  }

  /** What an earlier run has left in the workload cgroup may need more: it goes on under the limits that stay, and the process is started. */
  async #limitFirst(name: string, resources: Resources): Promise<void> {
    try {
      await this.#deps.cgroups.limitWorkload(name, resources);
      this.#limited();
    } catch (error) {
      if (!(error instanceof WrapperError) || error.code !== "failed_precondition") throw error;
      this.#limitProblem = error.message;
      this.#limitLater(name, resources);
      // Only memory was refused.
      await this.#deps.cgroups.limitWorkload(name, resources, "cpu");
      this.#deps.logger.warning("it starts without the limits that were asked for", {
        process: this.#spec.name,
        detail: error.message,
      });
    }
  }

  /** Until it succeeds, others are asked for, or the process is over. */
  #limitLater(name: string, resources: Resources): void {
    this.#cancelLimits?.();
    const again = async () => {
      const [before, own] = [this.#limitProblem, this.#cancelLimits];
      try {
        await this.#deps.cgroups.limitWorkload(name, resources);
        if (this.#cancelLimits === own) this.#limited();
        this.#deps.logger.info("it has the limits that were asked for", { process: this.#spec.name });
      } catch (error) {
        if (this.#cancelLimits !== own) return;
        this.#limitProblem = messageOf(error);
        this.#limitLater(name, resources);
      }
      if (this.#limitProblem !== before) this.#deps.onLimits();
    };
    this.#cancelLimits = this.#deps.clock.after(limitAgainMs, () => void again(), { background: true });
  }

  /** Removes the cgroup. It stays while descendants that are kept run in it. */
  async release(): Promise<void> {
    this.#cancelLimits?.();
    this.#cancelLimits = undefined;
    const cgroup = this.#cgroup;
    this.#cgroup = undefined;
    if (cgroup === undefined) return;
    // The kernel frees a cgroup a moment after its last process has ended.
    for (let waitMs = 5; waitMs < 1_000 && !cgroup.remove(); waitMs *= 2) {
      if (this.#spec.keepDescendants && cgroup.pids().length > 0) return;
      await this.#deps.clock.sleep(waitMs);
    }
  }

  async #end(present: Present, lingers: () => boolean): Promise<EndedProcess> {
    const { code, signal } = await present.launched.exited;
    const oomKills = Math.max(0, (this.#cgroup?.oomKills() ?? 0) - present.oomKills);
    if (!this.#spec.keepDescendants) {
      while (lingers() && this.#leftover()) await this.#deps.clock.sleep(20);
      await this.#killAll();
    }
    const { stdout, stderr } = present.output;
    const failed = code !== 0;
    const errors = failed ? await stderr.tail(present.stderrFrom, lastOutputBytes).catch(() => "") : "";
    const lastOutput =
      failed && errors === "" ? await stdout.tail(present.stdoutFrom, lastOutputBytes).catch(() => "") : errors;
    return { code, signal, oomKills, lastOutput, launchFailure: launchFailure(code, lastOutput) };
  }

  async #killAll(): Promise<void> {
    const deadline = this.#deps.clock.monotonic() + killPatienceMs;
    for (let waitMs = 1; this.#leftover(); waitMs = Math.min(500, waitMs * 2)) {
      if (this.#deps.clock.monotonic() > deadline) {
        this.#deps.logger.error("processes do not end after SIGKILL", {
          process: this.#spec.name,
          pids: this.#members(),
        });
        return;
      }
      this.kill();
      await this.#deps.clock.sleep(waitMs);
    }
  }

  #leftover(): boolean {
    if (this.#deps.cgroups.version > 0) return this.#members().length > 0;
    return this.#group !== 0 && killGroup(this.#group, 0);
  }

  #members(): readonly number[] {
    if (this.#deps.cgroups.version > 0) return this.#cgroup?.pids() ?? [];
    return this.#mainAlive ? [this.#group] : [];
  }
}
