// Turns the wrapper's state of a process into the status update of its task. Pure.
import type { ReportedState, TaskUpdate } from "@cke/executor-core";
import { assertNever, boundedText } from "@cke/foundation";
import { boundedReport, type ProcessState, TaskReport } from "@cke/protocol";

/** What the executor knows about a task beside the wrapper's state. */
export interface ReportContext {
  /** A kill of this task was asked for. */
  readonly killing: boolean;
  /** It is stopped because it is to be stopped: its task goes on. */
  readonly halted?: boolean;
  /** The process has run at least once: Mesos tasks do not go back from RUNNING to STARTING. */
  readonly hasRun: boolean;
  readonly ip: string;
  /** UNIX time in ms of the wrapper's last answer while it does not answer: TaskReport.unresponsiveSinceMs. */
  readonly unresponsiveSinceMs?: number;
  /** TaskReport.processVersion and processProblem. */
  readonly version?: string;
  readonly problem?: string;
  readonly problemVersion?: string;
}

function taskState(state: ProcessState, { killing, halted = false, hasRun }: ReportContext): ReportedState {
  switch (state.phase) {
    case "waiting":
    case "starting":
      return hasRun ? "TASK_RUNNING" : "TASK_STARTING";
    case "running":
    case "stopping":
      return "TASK_RUNNING";
    case "backoff":
      return hasRun || state.restarts > 0 || state.startedAtMs > 0 ? "TASK_RUNNING" : "TASK_STARTING";
    case "stopped":
      return killing ? "TASK_KILLED" : halted ? "TASK_RUNNING" : "TASK_FAILED";
    case "finished":
      return killing ? "TASK_KILLED" : "TASK_FINISHED";
    case "failed":
      return killing ? "TASK_KILLED" : "TASK_FAILED";
    default:
      return assertNever(state.phase);
  }
}

function lastRun(state: ProcessState): string {
  const how = state.outOfMemory
    ? "ended by its memory limit"
    : state.exitSignal !== ""
      ? `ended by signal ${state.exitSignal}`
      : `exited with code ${state.exitCode}`;
  return state.lastOutput.trim() === "" ? how : `${how}; its last output: ${state.lastOutput.trim()}`;
}

function message(state: ProcessState, killing: boolean): string {
  if (state.reason !== "") {
    // The wrapper's reason says what happened; the last output says why.
    const output =
      state.phase === "failed" && state.lastOutput.trim() !== "" ? `; its last output: ${state.lastOutput.trim()}` : "";
    return `${state.reason}${output}`;
  }
  switch (state.phase) {
    case "waiting":
      return "waiting for its conditions";
    case "starting":
      return "starting";
    case "running":
      return state.healthy ? "" : "not healthy yet";
    case "backoff":
      return `${lastRun(state)}; will be started again`;
    case "stopping":
      return "stopping";
    case "stopped":
      return killing ? "stopped by request" : "stopped, though its task was not killed";
    case "finished":
      return "finished";
    case "failed":
      return lastRun(state);
    default:
      return assertNever(state.phase);
  }
}

/** The update for a task whose process is in `state`. */
export function processUpdate(state: ProcessState, context: ReportContext): TaskUpdate {
  const reported = taskState(state, context);
  const words = message(state, context.killing);
  const { unresponsiveSinceMs = 0, version: processVersion = "", problem = "" } = context;
  const { problemVersion: processProblemVersion = "" } = context;
  const processProblem = boundedText(problem);
  const report = { kind: "process" as const, value: state };
  const data = boundedReport(
    TaskReport.encode({ report, unresponsiveSinceMs, processVersion, processProblem, processProblemVersion }),
  );
  return {
    state: reported,
    ...(words === "" ? {} : { message: words }),
    ...(reported === "TASK_RUNNING" ? { healthy: state.phase === "running" && state.healthy } : {}),
    ...(reported === "TASK_FAILED" && state.outOfMemory
      ? { reason: "REASON_CONTAINER_LIMITATION_MEMORY" as const }
      : {}),
    ...(context.ip === "" ? {} : { ipAddress: context.ip }),
    ...(data === undefined ? {} : { data }),
  };
}

/** Two updates with equal keys differ in nothing that the scheduler acts on: the later one is not sent. */
export function significantKey(state: ProcessState): string {
  const probes = [...state.startWhen, ...state.health].map((probe) => [probe.name, probe.passing, probe.everPassed]);
  return JSON.stringify([
    state.phase,
    state.healthy,
    state.pid,
    state.restarts,
    state.exitCode,
    state.exitSignal,
    state.outOfMemory,
    state.resources,
    probes,
  ]);
}

export function isTerminal(state: ProcessState): boolean {
  return state.phase === "stopped" || state.phase === "finished" || state.phase === "failed";
}
