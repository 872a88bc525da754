// One process's Mesos task: started in the wrapper when the node is ready, reported on every change that matters, stopped
// on request. States: pending (node not ready) → starting → watching → ended.
import type { ExecutorContext, TaskUpdate } from "@cke/executor-core";
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { ProcessSpec, ProcessState, Resources, WatchEvent } from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";
import { mayRecover, type WrapperClient } from "../wrapper/wrapper-client.ts";
import { isTerminal, processUpdate, significantKey } from "./process-report.ts";

export interface ProcessTaskOptions {
  readonly taskId: string;
  readonly spec: ProcessSpec;
  readonly context: ExecutorContext;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, after the last report. */
  readonly onEnd?: (end: TaskUpdate) => void;
}

/** A change of the words alone is reported this long after the last report, not at once. */
const wordsMs = 2_000;

export class ProcessTask {
  readonly taskId: string;
  readonly spec: ProcessSpec;
  readonly #options: ProcessTaskOptions;
  readonly #ended = new AbortController();
  #killing = false;
  #hasRun = false;
  #ip = "";
  /** Events up to this sequence number belong to an earlier run of the process. */
  #afterSequence = Number.POSITIVE_INFINITY;
  #specHash: string | undefined;
  #early: ProcessState | undefined;
  #beginning: Promise<void> | undefined;
  /** The last report said that the state of the process is not known. */
  #unknown = false;
  #reported: { readonly key: string; readonly words: string; readonly at: number } | undefined;
  #cancelWords: (() => void) | undefined;
  /** The last state that the wrapper sent. */
  #state: ProcessState | undefined;

  constructor(options: ProcessTaskOptions) {
    this.#options = options;
    this.taskId = options.taskId;
    this.spec = options.spec;
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
    this.#beginning = this.#begin(wrapper, fresh, signal);
    return this.#beginning;
  }

  async #begin(wrapper: WrapperClient, fresh: boolean, signal: AbortSignal): Promise<void> {
    const { clock, logger, taskId } = this.#options;
    const over = AbortSignal.any([signal, this.#ended.signal]);
    const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 });
    while (!over.aborted && !this.#killing) {
      try {
        return await this.#start(wrapper, fresh);
      } catch (error) {
        if (over.aborted || this.#killing) return;
        if (!mayRecover(error)) {
          this.#end({ state: "TASK_FAILED", message: `${this.name} cannot be started: ${messageOf(error)}` });
          return;
        }
        logger.warning("the wrapper did not take the start of a process", { taskId, detail: messageOf(error) });
        await clock.sleep(backoff.next(), over).catch(() => {});
      }
    }
  }

  /** An event of the wrapper about a process of this name. */
  onEvent(event: WatchEvent): void {
    const { state, sequence, removed } = event;
    if (state === undefined || this.ended || sequence <= this.#afterSequence) return;
    if (removed) {
      // A stop by this executor removes the process too; it is reported when the stop returns.
      if (!this.#killing && this.#specHash === state.specHash) {
        this.#end({ state: "TASK_FAILED", message: `${this.name} was removed from the wrapper by somebody else` });
      }
      return;
    }
    if (this.#specHash === undefined) this.#early = state;
    else if (state.specHash === this.#specHash) this.#onState(state);
  }

  /** The node's wrapper does not answer: its last state of the process may not be true any more. */
  unresponsive(sinceMs: number, why: string): void {
    if (this.#killing || this.ended) return;
    this.#unknown = true;
    if (this.#state === undefined) {
      this.waiting(why);
      return;
    }
    this.#cancelWords?.();
    this.#reported = undefined;
    const context = { killing: false, hasRun: this.#hasRun, ip: this.#ip, unresponsiveSinceMs: sinceMs };
    this.#update(processUpdate({ ...this.#state, healthy: false, reason: why }, context));
  }

  /** The wrapper answers again. If the process has changed, an event says so. */
  responsive(): void {
    if (!this.#unknown || this.#killing) return;
    if (this.#state === undefined) this.waiting("it answers again");
    else this.#onState(this.#state);
  }

  /** Stops the process (if it was started), and reports the task as killed. */
  async kill(wrapper: WrapperClient | undefined, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#killing || this.ended) return;
    this.#killing = true;
    const started = this.#beginning !== undefined;
    if (wrapper !== undefined && started) {
      if (this.#options.context.killingState) this.#update({ state: "TASK_KILLING", message: "stopping" });
      // A start that was sent before must not arrive after the stop.
      await this.#beginning;
      await this.#stop(wrapper, graceMs, signal);
    }
    this.#end({ state: "TASK_KILLED", message: started ? "stopped by request" : "killed before it was started" });
  }

  async setResources(wrapper: WrapperClient, resources: Resources): Promise<void> {
    this.#onState(await wrapper.setResources(this.name, resources));
  }

  /** The node is about to stop it: events of the wrapper are not reported any more, `close` sends the last report. */
  expectEnd(): void {
    this.#killing = true;
    this.#cancelWords?.();
  }

  /** The process is gone with its node. */
  close(update: TaskUpdate): void {
    if (!this.ended) this.#end(update);
  }

  async #start(wrapper: WrapperClient, fresh: boolean): Promise<void> {
    let state = await this.#startOnce(wrapper, fresh);
    if (state?.phase === "failed" || state?.phase === "stopped") {
      // A process that the wrapper has given up is not taken over: a new task means a new attempt.
      await wrapper.stop(this.name);
      state = await this.#startOnce(wrapper, false);
    }
    if (state === undefined || this.#killing) return;
    this.#specHash = state.specHash;
    // Every change is an event too. If an event has come before this answer, it is this state or a later one.
    this.#onState(this.#early?.specHash === state.specHash ? this.#early : state);
    this.#early = undefined;
  }

  /** undefined when the task was killed meanwhile: nothing was started. */
  async #startOnce(wrapper: WrapperClient, fresh: boolean): Promise<ProcessState | undefined> {
    this.#early = undefined;
    this.#specHash = undefined;
    this.#afterSequence = fresh ? 0 : (await wrapper.list()).sequence;
    return this.#killing ? undefined : wrapper.start(this.spec);
  }

  async #stop(wrapper: WrapperClient, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { clock, logger, taskId } = this.#options;
    const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 });
    while (!signal.aborted && !this.ended) {
      try {
        return await wrapper.stop(this.name, graceMs === undefined ? {} : { graceMs });
      } catch (error) {
        if (error instanceof WrapperError && error.kind === "not-found") return;
        logger.warning("the wrapper did not take the stop of a process", { taskId, detail: messageOf(error) });
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  #onState(state: ProcessState): void {
    if (this.#killing || this.ended) return;
    this.#state = state;
    this.#unknown = false;
    const update = processUpdate(state, { killing: false, hasRun: this.#hasRun, ip: this.#ip });
    this.#hasRun ||= update.state === "TASK_RUNNING";
    if (isTerminal(state)) {
      this.#end(update);
      return;
    }
    const key = significantKey(state);
    const words = update.message ?? "";
    const now = this.#options.clock.monotonic();
    if (key !== this.#reported?.key || now - this.#reported.at >= wordsMs) {
      if (key === this.#reported?.key && words === this.#reported.words) return;
      this.#reported = { key, words, at: now };
      this.#update(update);
      return;
    }
    this.#cancelWords?.();
    if (words === this.#reported.words) return;
    this.#cancelWords = this.#options.clock.after(wordsMs, () => this.#onState(state), { background: true });
  }

  #end(update: TaskUpdate): void {
    this.#cancelWords?.();
    if (this.ended) return;
    this.#ended.abort();
    this.#options.context.update(this.taskId, update);
    this.#options.onEnd?.(update);
  }

  #update(update: TaskUpdate): void {
    if (update.state !== "TASK_STARTING" && update.state !== "TASK_KILLING") this.#cancelWords?.();
    if (!this.ended) this.#options.context.update(this.taskId, update);
  }
}
