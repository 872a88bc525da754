// One process's Mesos task: started in the wrapper when the node is ready, reported on every change that matters, changed and
// stopped on request. States: pending (node not ready) → starting → watching → ended. What the process is to be may change while
// the task goes on: then it is started anew with the same task, or stopped, or its limits are set.
import { isDeepStrictEqual } from "node:util";
import type { TaskUpdate } from "@cke/executor-core";
import { messageOf } from "@cke/foundation";
import type { ProcessSpec, ProcessState, WatchEvent } from "@cke/protocol";
import { mayRecover, type WrapperClient } from "../wrapper/wrapper-client.ts";
import { Attempts } from "./attempt-pace.ts";
import { LastState } from "./last-state.ts";
import { isTerminal, processUpdate, significantKey } from "./process-report.ts";
import { ProcessReporter } from "./process-reporter.ts";
import { stopForSure, stopProcess, stoppedState } from "./process-stop.ts";
import type { Connection, ProcessTaskOptions } from "./process-task-options.ts";
import { RunEvents } from "./run-events.ts";
import { endsRun, type WantedProcess } from "./wanted-process.ts";

export class ProcessTask {
  readonly taskId: string;
  readonly #options: ProcessTaskOptions;
  readonly #reporter: ProcessReporter;
  readonly #ended = new AbortController();
  #wanted: WantedProcess;
  /** What the wrapper behind `#connection` was made to follow last. */
  #attained: { readonly wanted: WantedProcess; readonly connection: Connection } | undefined;
  #connection: Connection | undefined;
  /** Version of what was last attained, and why a later one is not yet. */
  #version = "";
  #problem = { problem: "", problemVersion: "" };
  #killing = false;
  #hasRun = false;
  /** It is not to run: until a start is under way, events of the wrapper are of earlier runs. */
  #halted = false;
  #ip = "";
  readonly #events = new RunEvents();
  #work: Promise<void> | undefined;
  readonly #attempts = new Attempts();
  /** The last report said that the state of the process is not known. */
  #unknown = false;
  readonly #state = new LastState();

  constructor(options: ProcessTaskOptions) {
    const { taskId, wanted, context, clock } = options;
    this.#options = options;
    this.#wanted = wanted;
    this.taskId = taskId;
    this.#reporter = new ProcessReporter(taskId, context, clock);
  }

  /** As it is wanted now. */
  get spec(): ProcessSpec {
    return this.#wanted.spec;
  }

  /** Of what is wanted now. */
  get version(): string {
    return this.#wanted.version;
  }

  get name(): string {
    return this.spec.name;
  }

  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  /** The node is not ready yet; `why` says what it is doing. */
  waiting(why: string): void {
    this.#update({ state: "TASK_STARTING", message: `waiting for the node: ${why}` });
  }

  /**
   * Starts the process, or takes it over when it runs already. Tries again while the wrapper is away. In a `fresh` container
   * there was no earlier run of the process.
   */
  begin(wrapper: WrapperClient, ip: string, fresh: boolean, signal: AbortSignal): Promise<void> {
    this.#ip = ip;
    this.#connection = { wrapper, signal };
    return this.#follow(fresh);
  }

  /** The process is to be this from now on. Resolves when it is, or when the task has ended. */
  async want(wanted: WantedProcess): Promise<void> {
    if (this.ended || wanted.version === this.#wanted.version) return;
    this.#wanted = wanted;
    if (this.#connection !== undefined) await this.#follow(false);
  }

  /** Says again how it is. */
  reportAgain(): void {
    if (this.#unknown) return;
    this.#reporter.forget();
    this.#tell();
  }

  /** One piece of work after the other: the last one finds what is wanted then. */
  #follow(fresh: boolean): Promise<void> {
    this.#attempts.endWait();
    const before = this.#work ?? Promise.resolve();
    this.#work = before.then(() => this.#attain(fresh));
    return this.#work;
  }

  async #attain(fresh: boolean): Promise<void> {
    const { clock, logger, taskId } = this.#options;
    for (;;) {
      const wanted = this.#wanted;
      const connection = this.#connection;
      if (connection === undefined || this.#killing) return;
      if (this.#attained?.wanted === wanted && this.#attained.connection === connection) return;
      const over = AbortSignal.any([connection.signal, this.#ended.signal]);
      if (over.aborted) return;
      try {
        await this.#make(wanted, connection.wrapper, fresh, this.#attempts.begin(wanted));
        this.#attained = { wanted, connection };
      } catch (error) {
        if (over.aborted || this.#killing) return;
        const problem = messageOf(error);
        if (this.#attained === undefined && !mayRecover(error)) {
          this.#end({ state: "TASK_FAILED", message: `${this.name} cannot be started: ${problem}` });
          return;
        }
        logger.warning("the wrapper did not take what is wanted of a process", { taskId, detail: problem });
        if (this.#attained !== undefined) {
          this.#problem = { problem, problemVersion: wanted.version };
          this.#tell();
        }
        if (!(await this.#attempts.wait(error, clock, over))) return;
      }
    }
  }

  /** `quietly`: it was refused before, and the present run is well until the wrapper takes it. */
  async #make(wanted: WantedProcess, wrapper: WrapperClient, fresh: boolean, quietly: boolean): Promise<void> {
    const before = this.#attained?.wanted;
    if (!quietly && endsRun(before, wanted)) {
      // What is reported again meanwhile is this too: the old run may take its time to end.
      this.#state.isEnding(wanted.stopped ? "it is being stopped" : "it is being restarted");
      const { told } = this.#state;
      if (told !== undefined) this.#update(this.#updateOf(told));
    }
    try {
      if (wanted.stopped) await this.#halt(wanted, wrapper);
      else await this.#start(wanted, wrapper, fresh);
    } catch (error) {
      // What was not answered in time may be ending still.
      if (!mayRecover(error)) this.#refused(wanted, before?.stopped ?? false);
      throw error;
    }
  }

  /** The wrapper did not take it, so all is as it was; but where limits alone were refused, the new run goes on. */
  #refused({ stopped }: WantedProcess, halted: boolean): void {
    const { starting } = this.#events;
    if (stopped || starting) this.#halted = halted;
    this.#state.goesOn();
    const meanwhile = starting ? this.#events.refused() : undefined;
    if (meanwhile !== undefined) this.#onState(meanwhile);
  }

  /** An event of the wrapper about a process of this name. */
  onEvent(event: WatchEvent): void {
    const { state, removed } = event;
    if (state === undefined || this.ended || this.#events.isEarlier(event)) return;
    if (this.#halted && !this.#events.starting) return;
    if (removed) {
      // A stop by this executor removes the process too; it is reported when the stop returns.
      if (!this.#killing && this.#events.isOfRun(state)) {
        this.#end({ state: "TASK_FAILED", message: `${this.name} was removed from the wrapper by somebody else` });
      }
      return;
    }
    if (this.#events.starting) this.#events.keep(state);
    else if (this.#events.isOfRun(state)) this.#onState(state);
  }

  /** The node's wrapper does not answer: its last state of the process may not be true any more. */
  unresponsive(sinceMs: number, why: string): void {
    if (this.#killing || this.ended) return;
    this.#unknown = true;
    const { sent } = this.#state;
    this.#reporter.forget();
    if (sent === undefined) this.waiting(why);
    else this.#update(this.#updateOf({ ...sent, healthy: false, reason: why }, { unresponsiveSinceMs: sinceMs }));
  }

  /** The wrapper answers again. If the process has changed, an event says so. */
  responsive(): void {
    if (!this.#unknown || this.#killing) return;
    if (this.#state.sent === undefined) this.waiting("it answers again");
    else this.#tell();
  }

  /** Stops the process (if it was started), and reports the task as killed. */
  async kill(wrapper: WrapperClient | undefined, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#killing || this.ended) return;
    this.#killing = true;
    this.#attempts.endWait();
    const started = this.#work !== undefined;
    if (wrapper !== undefined && started) {
      if (this.#options.context.killingState) this.#update({ state: "TASK_KILLING", message: "stopping" });
      // A start that was sent before must not arrive after the stop.
      await this.#work;
      const over = AbortSignal.any([signal, this.#ended.signal]);
      const { clock, logger } = this.#options;
      await stopForSure(wrapper, this.name, { clock, logger, over, ...(graceMs === undefined ? {} : { graceMs }) });
    }
    this.#end({ state: "TASK_KILLED", message: started ? "stopped by request" : "killed before it was started" });
  }

  /** The node is about to stop it: events of the wrapper are not reported any more, `close` sends the last report. */
  expectEnd(): void {
    this.#killing = true;
    this.#reporter.hush();
  }

  /** The process is gone with its node. */
  close(update: TaskUpdate): void {
    if (!this.ended) this.#end(update);
  }

  async #start(wanted: WantedProcess, wrapper: WrapperClient, fresh: boolean): Promise<void> {
    let state = await this.#startOnce(wanted, wrapper, fresh);
    if (state?.phase === "failed" || state?.phase === "stopped") {
      // A process that the wrapper has given up is not taken over: a new task means a new attempt.
      await wrapper.stop(this.name);
      state = await this.#startOnce(wanted, wrapper, false);
    }
    if (state === undefined || this.#killing) return;
    let latest = this.#events.started(state);
    this.#halted = false;
    const { resources } = wanted.spec;
    // Its limits may be refused: then it is this that goes on.
    this.#state.set(latest);
    if (resources !== undefined && !isDeepStrictEqual(resources, state.resources))
      latest = await wrapper.setResources(this.name, resources);
    this.#reached(wanted, latest);
  }

  /** undefined when the task was killed meanwhile: nothing was started. */
  async #startOnce({ spec }: WantedProcess, wrapper: WrapperClient, fresh: boolean): Promise<ProcessState | undefined> {
    this.#events.expectStart();
    this.#events.startAfter(fresh ? 0 : (await wrapper.list()).sequence);
    return this.#killing ? undefined : wrapper.start(spec);
  }

  async #halt(wanted: WantedProcess, wrapper: WrapperClient): Promise<void> {
    this.#halted = true;
    await stopProcess(wrapper, this.name);
    if (!this.#killing) this.#reached(wanted, stoppedState(wanted.spec));
  }

  #reached(wanted: WantedProcess, state: ProcessState): void {
    this.#version = wanted.version;
    this.#problem = { problem: "", problemVersion: "" };
    this.#onState(state);
  }

  #onState(state: ProcessState): void {
    if (this.#killing || this.ended) return;
    this.#state.set(state);
    this.#tell();
  }

  /** Reports the last state, when there is something new. */
  #tell(): void {
    const state = this.#state.told;
    if (state === undefined || this.#killing || this.ended) return;
    this.#unknown = false;
    const update = this.#updateOf(state);
    this.#hasRun ||= update.state === "TASK_RUNNING";
    if (isTerminal(state) && !this.#halted) this.#end(update);
    else this.#reporter.report(JSON.stringify([this.#version, this.#problem, significantKey(state)]), update);
  }

  #updateOf(state: ProcessState, more: { readonly unresponsiveSinceMs?: number } = {}): TaskUpdate {
    return processUpdate(state, {
      killing: false,
      halted: this.#halted,
      hasRun: this.#hasRun,
      ip: this.#ip,
      version: this.#version,
      ...this.#problem,
      ...more,
    });
  }

  #end(update: TaskUpdate): void {
    this.#reporter.hush();
    if (this.ended) return;
    this.#ended.abort();
    this.#options.context.update(this.taskId, update);
    this.#options.onEnd?.(update);
  }

  #update(update: TaskUpdate): void {
    if (!this.ended) this.#reporter.send(update);
  }
}
