// Validates a command. Words and order: src/common/validation.cpp of Mesos 1.12.
import type { CommandInfo, EnvironmentVariable, Secret } from "@cke/mesos";

/** What is wrong with a command, or undefined. */
export function commandProblem(command: CommandInfo | undefined): string | undefined {
  for (const variable of command?.environment?.variables ?? []) {
    const problem = variableProblem(variable);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function variableProblem({ name, type = "VALUE", value, secret }: EnvironmentVariable): string | undefined {
  const of = `Environment variable '${name}'`;
  if (type === "UNKNOWN") return "Environment variable of type 'UNKNOWN' is not allowed";
  if (type !== "SECRET") {
    if (value === undefined) return `${of} of type 'VALUE' must have a value set`;
    return secret === undefined ? undefined : `${of} of type 'VALUE' must not have a secret set`;
  }
  if (secret === undefined) return `${of} of type 'SECRET' must have a secret set`;
  if (value !== undefined) return `${of} of type 'SECRET' must not have a value set`;
  const problem = secretProblem(secret);
  if (problem !== undefined) return `${of} specifies an invalid secret: ${problem}`;
  const hasNull = Buffer.from(secret.value?.data ?? "", "base64").includes(0);
  return hasNull
    ? `${of} specifies a secret containing null bytes, which is not allowed in the environment`
    : undefined;
}

function secretProblem({ type, reference, value }: Secret): string | undefined {
  if (type === "REFERENCE") {
    if (reference === undefined) return "Secret of type REFERENCE must have the 'reference' field set";
    return value === undefined
      ? undefined
      : `Secret '${reference.name}' of type REFERENCE must not have the 'value' field set`;
  }
  if (type !== "VALUE") return undefined;
  if (value === undefined) return "Secret of type VALUE must have the 'value' field set";
  return reference === undefined ? undefined : "Secret of type VALUE must not have the 'reference' field set";
}
