// What requests may contain. Every problem is named with its field, all at once. The messages themselves were typed by the
// decoder of the protocol; a schema library in here would cost a third of the wrapper's memory budget (see README.md).
import { assertNever } from "@cke/foundation/assert-never";
import type { EnvironmentVariable, HttpCheck, Probe, ProcessSpec, Resources } from "@cke/protocol";
import { WrapperError } from "../errors/wrapper-error.ts";
import { parseSignal } from "../process/process-group.ts";
import { parseAddress } from "./network-address.ts";

const namePattern = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** A name is a directory, and NAME_MAX leaves room for what is put after it. */
const nameLimit = 63;

/** Longest message of a stream: 64 KiB of data, and what is around it. Longer ones arrive without their content. */
export const streamMessageBytes = 65 * 1024;

/** What is wrong with the first message of a stream. `field` like "start". */
export function firstMessageProblem(field: string): string {
  return `${field}: must be the first message, and at most ${streamMessageBytes / 1024} KiB long`;
}

/** What is wrong with a message of a stream that is of no use. `allowed` like "data or end". */
export function unusableMessage(allowed: string): string {
  return `input: must be ${allowed}, in a message of at most ${streamMessageBytes / 1024} KiB`;
}

/** Collects problems; `throwIfAny` ends a validation. */
export class Problems {
  readonly #list: string[] = [];

  add(field: string, problem: string): void {
    this.#list.push(`${field}: ${problem}`);
  }

  list(): readonly string[] {
    return this.#list;
  }

  throwIfAny(): void {
    if (this.#list.length > 0) throw new WrapperError("invalid_argument", this.#list.join("; "));
  }
}

export function checkSpec(spec: ProcessSpec, problems: Problems): void {
  checkName(spec.name, "spec.name", problems);
  checkCommand(spec.command, "spec.command", problems);
  checkEnvironment(spec.environment, "spec.environment", problems);
  if (spec.workingDirectory !== "") checkPath(spec.workingDirectory, "spec.working_directory", problems);
  if (spec.resources !== undefined) checkResources(spec.resources, "spec.resources", problems);
  if (spec.overhead !== undefined) checkResources(spec.overhead, "spec.overhead", problems);
  if (spec.workloadCgroup !== "") checkName(spec.workloadCgroup, "spec.workload_cgroup", problems);
  else if (spec.overhead !== undefined) problems.add("spec.overhead", "needs workload_cgroup");
  spec.startWhen.forEach((probe, index) => {
    checkProbe(probe, `spec.start_when[${index}]`, problems);
  });
  spec.health.forEach((probe, index) => {
    checkProbe(probe, `spec.health[${index}]`, problems);
  });
  checkSignal(spec.stopSignal, "spec.stop_signal", problems);
  const { restart } = spec;
  if (restart !== undefined && restart.backoffMaxMs > 0 && restart.backoffMaxMs < restart.backoffMinMs) {
    problems.add("spec.restart.backoff_max_ms", "must not be below backoff_min_ms");
  }
  if (spec.outputRotateBytes > 0 && spec.outputRotateBytes < 4_096) {
    problems.add("spec.output_rotate_bytes", "must be at least 4096");
  }
  if (spec.outputKeep > 100) problems.add("spec.output_keep", "must not exceed 100");
}

export function checkName(name: string, field: string, problems: Problems): void {
  if (name === "") problems.add(field, "is missing");
  else if (!namePattern.test(name) || name.length > nameLimit) {
    problems.add(field, `must be at most ${nameLimit} of a-z, 0-9, '-' and '.', with a letter or digit at both ends`);
  }
}

/** With `search`, command[0] may also be a bare name that is looked up in PATH. */
export function checkCommand(command: readonly string[], field: string, problems: Problems, search = false): void {
  const [file] = command;
  if (file === undefined) problems.add(field, "is missing");
  else if (!(search && /^[\w.+][\w.+-]*$/.test(file))) checkPath(file, `${field}[0]`, problems);
  command.forEach((argument, index) => {
    if (index > 0 && argument.includes("\0")) problems.add(`${field}[${index}]`, "must not contain a zero byte");
  });
}

export function checkEnvironment(variables: readonly EnvironmentVariable[], field: string, problems: Problems): void {
  variables.forEach(({ name, value }, index) => {
    if (!/^[^=\0]+$/.test(name)) problems.add(`${field}[${index}].name`, "must not be empty or contain '='");
    if (value.includes("\0")) problems.add(`${field}[${index}].value`, "must not contain a zero byte");
  });
}

/** Absolute, in its shortest form, so that what is checked is what is used. */
export function checkPath(path: string, field: string, problems: Problems): void {
  if (!path.startsWith("/")) problems.add(field, path === "" ? "is missing" : "must be an absolute path");
  else if (path.includes("\0")) problems.add(field, "must not contain a zero byte");
  else if (
    path !== "/" &&
    path
      .slice(1)
      .split("/")
      .some((part) => part === "" || part === "." || part === "..")
  ) {
    problems.add(field, "must not contain '//', '.', '..' or a '/' at its end");
  }
}

export function checkResources(resources: Resources, field: string, problems: Problems): void {
  if (resources.memoryBytes > 0 && resources.memoryBytes < 1024 * 1024) {
    problems.add(`${field}.memory_bytes`, "must be 0 (no limit) or at least 1 MiB");
  }
  if (!Number.isSafeInteger(resources.memoryBytes)) problems.add(`${field}.memory_bytes`, "is too large");
  if (resources.cpuMillis > 10_000_000) problems.add(`${field}.cpu_millis`, "must not exceed 10000 CPUs");
}

export function checkSignal(signal: string, field: string, problems: Problems): void {
  if (signal !== "" && parseSignal(signal) === undefined) problems.add(field, `there is no signal ${signal}`);
}

export function checkProbe(probe: Probe, field: string, problems: Problems): void {
  const { check } = probe;
  if (check === undefined) {
    problems.add(field, "has no check (http, tcp or exec)");
    return;
  }
  switch (check.kind) {
    case "tcp":
      checkAddress(check.value.address, `${field}.tcp.address`, problems);
      break;
    case "exec":
      checkCommand(check.value.command, `${field}.exec.command`, problems, true);
      break;
    case "http":
      checkHttp(check.value, `${field}.http`, problems);
      break;
    default:
      assertNever(check);
  }
}

function checkHttp(http: HttpCheck, field: string, problems: Problems): void {
  const url = URL.canParse(http.url) ? new URL(http.url) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    problems.add(`${field}.url`, "must be an http or https URL");
  const files = {
    ca_file: http.caFile,
    certificate_file: http.certificateFile,
    key_file: http.keyFile,
    bearer_file: http.bearerFile,
    unix_socket: http.unixSocket,
  };
  for (const [name, path] of Object.entries(files)) if (path !== "") checkPath(path, `${field}.${name}`, problems);
  if ((http.certificateFile === "") !== (http.keyFile === "")) {
    problems.add(`${field}.certificate_file`, "needs key_file, and the other way round");
  }
  try {
    new RegExp(http.expectBody);
  } catch {
    problems.add(`${field}.expect_body`, "is not a regular expression");
  }
}

export function checkAddress(address: string, field: string, problems: Problems): void {
  if (parseAddress(address) === undefined) problems.add(field, "must be an address like 127.0.0.1:2379 or [::1]:2379");
}
