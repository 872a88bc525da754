// The status of a pod in a word, as kubectl shows it. Pure.
import { type Json, listAt, numberAt, recordAt, textAt } from "../cluster-api/objects.ts";

export type Mood = "good" | "waiting" | "bad" | "";

export interface PodStatus {
  readonly word: string;
  readonly mood: Mood;
  /** "1/2": containers that are ready. */
  readonly ready: string;
  readonly restarts: number;
}

export function podStatus(pod: Json): PodStatus {
  const containers = listAt(pod, "status", "containerStatuses");
  const total = listAt(pod, "spec", "containers").length;
  const ready = containers.filter((one) => one.ready === true).length;
  const restarts = containers.reduce((sum, one) => sum + numberAt(one, "restartCount"), 0);
  const word = statusWord(pod, containers);
  return { word, mood: moodOf(word, ready === total), ready: `${ready}/${total}`, restarts };
}

function statusWord(pod: Json, containers: readonly Json[]): string {
  if (textAt(pod, "metadata", "deletionTimestamp") !== "") return "Terminating";
  const inits = listAt(pod, "status", "initContainerStatuses");
  const stuck = inits.findIndex(
    (one) => textAt(one, "state", "terminated", "reason") !== "Completed" && one.started !== true,
  );
  const initialised = listAt(pod, "status", "conditions").some(
    (one) => one.type === "Initialized" && one.status === "True",
  );
  if (stuck >= 0 && !initialised) {
    const reason = stateReason(inits[stuck]);
    return reason === "" || reason === "PodInitializing" ? `Init:${stuck}/${inits.length}` : `Init:${reason}`;
  }
  const phase = textAt(pod, "status", "reason") || textAt(pod, "status", "phase") || "Unknown";
  const reasons = containers.map(stateReason).filter((reason) => reason !== "");
  const worst = reasons.find((reason) => reason !== "Completed") ?? reasons[0];
  if (worst === undefined) return phase;
  const runs = containers.some((one) => textAt(one, "state", "running", "startedAt") !== "");
  return worst === "Completed" && runs ? "Running" : worst;
}

function stateReason(container: Json | undefined): string {
  const waiting = textAt(container, "state", "waiting", "reason");
  if (waiting !== "") return waiting;
  const terminated = recordAt(container, "state", "terminated");
  if (Object.keys(terminated).length === 0) return "";
  return textAt(terminated, "reason") || `ExitCode:${numberAt(terminated, "exitCode")}`;
}

const waiting = /^(Pending|ContainerCreating|PodInitializing|Terminating|Init:\d+\/\d+)$/;

function moodOf(word: string, allReady: boolean): Mood {
  if (word === "Running") return allReady ? "good" : "waiting";
  if (word === "Completed" || word === "Succeeded") return "good";
  return waiting.test(word) ? "waiting" : "bad";
}
