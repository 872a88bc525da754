// What an unexpected answer of a health endpoint means, in one line. Pure; the shapes are those of Kubernetes (a list of
// checks, a Status, a Node).
import { oneLine } from "./check-run.ts";

const mostNames = 5;

/** A member of a parsed JSON value; undefined when there is none. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function text(value: unknown, name: string): string {
  const found = member(value, name);
  return typeof found === "string" ? found : "";
}

/** "3 of its checks fail: etcd, log and 1 more"; undefined when the body is no list of checks. */
function failingChecks(body: string): string | undefined {
  const lines = body.split("\n").filter((line) => line.startsWith("[-]"));
  const names = lines.map((line) => line.slice(3).replace(/ failed(:.*)?$/, ""));
  if (names.length === 0) return undefined;
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  const verb = names.length === 1 ? "fails" : "fail";
  return oneLine(`${names.length} of its checks ${verb}: ${names.slice(0, mostNames).join(", ")}${more}`);
}

function objectWords(body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const kind = text(parsed, "kind");
  if (kind === "Status") return oneLine(text(parsed, "message")) || undefined;
  const conditions = member(member(parsed, "status"), "conditions");
  if (kind !== "Node" || !Array.isArray(conditions)) return undefined;
  const all: readonly unknown[] = conditions;
  const ready = all.find((condition) => text(condition, "type") === "Ready");
  if (ready === undefined) return "the node has not said that it is Ready yet";
  const why = [text(ready, "reason"), text(ready, "message")].filter((word) => word !== "").join(", ");
  return oneLine(`the node's Ready is ${text(ready, "status")}${why === "" ? "" : `: ${why}`}`);
}

/** Of a status that is none of the expected ones. */
export function refusalWords(code: number, body: string): string {
  const known = failingChecks(body) ?? objectWords(body);
  if (known !== undefined) return known;
  const [line = ""] = body.trim().split("\n");
  // An HTML page does not help an operator.
  return oneLine(`HTTP status ${code}${line === "" || line.startsWith("<") ? "" : `: ${line}`}`);
}

/** Of a body that is not as expected. */
export function mismatchWords(pattern: string, body: string): string {
  return failingChecks(body) ?? objectWords(body) ?? oneLine(`the answer does not match /${pattern}/`);
}
