// Validates a task's check and health check. Words and order: src/common/validation.cpp of Mesos 1.12.
import type { CheckInfo, CommandInfo, HealthCheck } from "@cke/mesos";
import { commandProblem } from "./command-validation.ts";

interface Kind {
  /** "health check" or "check", as it stands in the middle of a sentence. */
  readonly name: string;
  readonly title: string;
}

const health: Kind = { name: "health check", title: "Health check" };
const plain: Kind = { name: "check", title: "Check" };

/** What is wrong with a health check, or undefined. */
export function healthCheckProblem(check: HealthCheck | undefined): string | undefined {
  if (check === undefined) return undefined;
  const { type, command, http, tcp } = check;
  if (type === undefined) return "HealthCheck must specify 'type'";
  const scheme = http?.scheme;
  const unknownScheme =
    type === "HTTP" && scheme !== undefined && scheme !== "http" && scheme !== "https"
      ? `Unsupported HTTP health check scheme: '${scheme}'`
      : undefined;
  return (
    unknownScheme ??
    contentProblem(health, type, { command, http, tcp }) ??
    negativeTime(check, ["delay_seconds", "grace_period_seconds", "interval_seconds", "timeout_seconds"])
  );
}

/** What is wrong with a check, or undefined. */
export function checkProblem(check: CheckInfo | undefined): string | undefined {
  if (check === undefined) return undefined;
  const { type, command, http, tcp } = check;
  if (type === undefined) return "CheckInfo must specify 'type'";
  return (
    contentProblem(plain, type, { command: command?.command, http, tcp }) ??
    negativeTime(check, ["delay_seconds", "interval_seconds", "timeout_seconds"])
  );
}

interface Content {
  readonly command: CommandInfo | undefined;
  readonly http: { readonly path?: string } | undefined;
  readonly tcp: object | undefined;
}

function contentProblem({ name, title }: Kind, type: string, { command, http, tcp }: Content): string | undefined {
  const missing = (field: string) => `Expecting '${field}' to be set for ${type} ${name}`;
  switch (type) {
    case "COMMAND": {
      if (command === undefined) return missing("command");
      if (command.value === undefined) {
        return `Command ${name} must contain ${(command.shell ?? true) ? "'shell command'" : "'executable path'"}`;
      }
      const problem = commandProblem(command);
      return problem === undefined ? undefined : `${title}'s \`CommandInfo\` is invalid: ${problem}`;
    }
    case "HTTP":
      if (http === undefined) return missing("http");
      return http.path === undefined || http.path.startsWith("/")
        ? undefined
        : `The path '${http.path}' of HTTP ${name} must start with '/'`;
    case "TCP":
      return tcp === undefined ? missing("tcp") : undefined;
    default:
      return `'${type}' is not a valid ${name} type`;
  }
}

function negativeTime(times: object, names: readonly string[]): string | undefined {
  const values = new Map<string, unknown>(Object.entries(times));
  const negative = names.find((name) => Number(values.get(name) ?? 0) < 0);
  return negative === undefined ? undefined : `Expecting '${negative}' to be non-negative`;
}
