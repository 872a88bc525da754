// Why a unit or a process failed, from everything that was reported: Mesos' reason, the text of executor, Docker or
// wrapper, and the last lines of a process's stderr. Pure; nothing in it is secret.
import { boundedText } from "@cke/foundation";
import type { ProcessState } from "@cke/protocol";
import {
  type FailureRecord,
  isTerminal,
  type LaunchRecord,
  reportOf,
  type TaskRecord,
  unitTaskOf,
  unknownSinceMs,
} from "../records/records.ts";
import { withoutSecrets } from "./redaction.ts";
import { adviceOf } from "./retry-policy.ts";

function words(...texts: readonly string[]): string {
  const told = texts.filter((text, index) => text !== "" && !texts.slice(0, index).some((one) => one.includes(text)));
  return withoutSecrets(told.join("; "));
}
const output = (text: string) => boundedText(withoutSecrets(text), { keep: "end" });

const isTroubled = (report: ProcessState) => report.phase === "backoff" || report.phase === "failed";
/** When the unit does not answer, a text about its process is really about the unit. */
const troubled = (task: TaskRecord, report: ProcessState) => unknownSinceMs(task) === 0 && isTroubled(report);

/**
 * The failure of a task that ended without success, or of a process that its wrapper starts again and again; undefined
 * when all is well or nothing is known.
 */
export function failureOf(task: TaskRecord): FailureRecord | undefined {
  const report = reportOf(task);
  const state = report?.kind === "process" ? report.value : undefined;
  const ended = isTerminal(task) && task.state !== "TASK_KILLED";
  if (!ended && (state === undefined || !troubled(task, state))) return undefined;
  if (task.state === "TASK_FINISHED") return undefined;
  const unitReport = report?.kind === "unit" ? report.value : undefined;
  const said = unitReport !== undefined && unitReport.output !== "" ? unitReport.detail : task.message;
  const told = words(ended ? said : "", unitReport?.detail ?? state?.reason ?? "", ended ? adviceOf(task) : "");
  return {
    reason: task.reason,
    cause: unitReport?.cause ?? "",
    message: ended ? (told === "" ? task.state : `${told} (${task.state})`) : told,
    output: output(state?.lastOutput ?? unitReport?.output ?? ""),
    atMs: task.changedAtMs,
  };
}

/** The failure of a launch that is over: its unit's end, with the report of the first process that failed. */
export function launchFailureOf(launch: LaunchRecord): FailureRecord | undefined {
  const unitTask = unitTaskOf(launch);
  const failure = unitTask === undefined ? undefined : failureOf(unitTask);
  if (failure === undefined) return undefined;
  for (const task of launch.tasks) {
    const report = reportOf(task);
    if (report?.kind !== "process" || report.value.lastOutput === "" || !isTroubled(report.value)) continue;
    return { ...failure, output: output(`${task.process}: ${report.value.lastOutput}`) };
  }
  return failure;
}
