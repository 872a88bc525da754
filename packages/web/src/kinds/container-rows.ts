// The containers of a pod as rows of text. Pure.
import { type Json, labelText, listAt, numberAt, recordAt, textAt } from "../cluster-api/objects.ts";

export const containerTitles = ["Container", "Image", "State", "Ready", "Restarts", "Asks for", "Limits"] as const;

/** A row for each, init containers first. */
export function containerRows(pod: Json): readonly (readonly string[])[] {
  const rowsOf = (specs: readonly Json[], statuses: readonly Json[]) =>
    specs.map((spec) => rowOf(spec, statuses.find((status) => status.name === spec.name) ?? {}));
  return [
    ...rowsOf(listAt(pod, "spec", "initContainers"), listAt(pod, "status", "initContainerStatuses")),
    ...rowsOf(listAt(pod, "spec", "containers"), listAt(pod, "status", "containerStatuses")),
  ];
}

function rowOf(spec: Json, status: Json): readonly string[] {
  return [
    textAt(spec, "name"),
    textAt(spec, "image"),
    stateWords(recordAt(status, "state"), recordAt(status, "lastState", "terminated")),
    status.ready === true ? "yes" : "no",
    String(numberAt(status, "restartCount")),
    labelText(recordAt(spec, "resources", "requests")).replaceAll(",", ", "),
    labelText(recordAt(spec, "resources", "limits")).replaceAll(",", ", "),
  ];
}

/** What it does now, and how it ended before. */
function stateWords(state: Json, before: Json): string {
  const now = Object.keys(state)[0] ?? "";
  const reason = textAt(state, now, "reason");
  const words = [now, reason, textAt(state, now, "message")].filter((part) => part !== "").join(": ");
  const ended = endWords(before);
  return ended === "" ? words : `${words} (before: ${ended})`;
}

function endWords(terminated: Json): string {
  if (Object.keys(terminated).length === 0) return "";
  return `${textAt(terminated, "reason") || "ended"}, exit code ${numberAt(terminated, "exitCode")}`;
}
