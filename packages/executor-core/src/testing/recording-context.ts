// An ExecutorContext that records what a driver reports, and lets a test wait for a report.
import type { ExecutorContext, TaskUpdate } from "@cke/executor-core";
import type { LogLevel } from "@cke/foundation";
import { ExecutorConfig, ExecutorMessage, type ProcessState, TaskReport, type UnitReport } from "@cke/protocol";

export interface Report extends TaskUpdate {
  readonly taskId: string;
}

const terminal = new Set(["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"]);

export class RecordingContext implements ExecutorContext {
  readonly executorId: string;
  readonly frameworkId: string;
  readonly frameworkName = "test";
  readonly executorData: Uint8Array;
  readonly killingState = true;
  readonly agentHostname = "host";
  readonly signal = new AbortController().signal;
  readonly reports: Report[] = [];
  readonly messages: Uint8Array[] = [];
  ended = false;
  logLevel: LogLevel | undefined;
  onMessage: (data: Uint8Array) => void = () => {};
  readonly #patienceMs: number;
  readonly #waiting = new Set<{ readonly done: () => boolean; readonly resolve: () => void }>();

  /** `patienceMs`: how long `until` waits; default nine minutes, as a test has ten. */
  constructor(options: { executorId?: string; frameworkId?: string; patienceMs?: number } = {}) {
    this.executorId = options.executorId ?? "cke.c.n.1";
    this.frameworkId = options.frameworkId ?? "framework-1";
    this.#patienceMs = options.patienceMs ?? 540_000;
    this.executorData = ExecutorConfig.encode({ workload: "c", unit: "n" });
  }

  update(taskId: string, update: TaskUpdate): void {
    // As the core does: nothing follows a terminal update.
    if (this.of(taskId).some(({ state }) => terminal.has(state))) return;
    this.reports.push({ taskId, ...update });
    this.#check();
  }

  sendMessage(data: Uint8Array): void {
    this.messages.push(data);
    this.onMessage(data);
    this.#check();
  }

  setLogLevel(level: LogLevel): void {
    this.logLevel = level;
  }

  end(): void {
    this.ended = true;
    this.#check();
  }

  of(taskId: string): readonly Report[] {
    return this.reports.filter((report) => report.taskId === taskId);
  }

  /** Lines for the cluster's log. */
  logs(): readonly string[] {
    return this.messages.flatMap((data) => {
      const { message } = ExecutorMessage.decode(data);
      return message?.kind === "log" ? [message.value.message] : [];
    });
  }

  /** Steps that the node's task went through, without repetitions. */
  steps(taskId: string): readonly string[] {
    const steps = this.of(taskId).map(({ data }) => unitReport(data)?.launchStep ?? "");
    return steps.filter((step, index) => step !== steps[index - 1]);
  }

  /** Resolves as soon as `done` holds; checked at every report, message and end. Rejects in the end, with what was reported last. */
  async until(done: (context: RecordingContext) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { done: () => done(this), resolve };
    this.#waiting.add(waiting);
    const late = setTimeout(() => {
      const said = this.reports.slice(-5).map(({ taskId, state, message }) => `${taskId} ${state} ${message ?? ""}`);
      reject(
        new Error(
          `what is waited for has not come: ${done}; the last reports: ${said.join("; ")}; ended: ${this.ended}`,
        ),
      );
    }, this.#patienceMs).unref();
    try {
      this.#check();
      await promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(waiting);
    }
  }

  #check(): void {
    for (const { done, resolve } of this.#waiting) if (done()) resolve();
  }
}

export function unitReport(data: Uint8Array | undefined): UnitReport | undefined {
  const report = data === undefined ? undefined : TaskReport.decode(data).report;
  return report?.kind === "unit" ? report.value : undefined;
}

export function processReport(data: Uint8Array | undefined): ProcessState | undefined {
  const report = data === undefined ? undefined : TaskReport.decode(data).report;
  return report?.kind === "process" ? report.value : undefined;
}
