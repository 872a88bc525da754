// Which containers this agent can make: those of a mesos-agent with its default flags, that is with the Mesos containerizer
// only, no image providers, and the isolators filesystem/posix, network/cni (without any network) and environment_secret.
// Everything else is refused with that agent's texts: no setting of a container is ever ignored. Order and words:
// src/slave/containerizer/mesos of Mesos 1.12.
import type { CommandInfo, ContainerInfo, EnvironmentVariable } from "@cke/mesos";
import type { Ending } from "../state/agent-state.ts";

/** What a mesos-agent reports of an executor whose container never had a process. */
export const unknownStatus = -1;

/** An executor or a command whose container cannot be made. */
export class ContainerUnsupported extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.message);
    this.name = "ContainerUnsupported";
    this.ending = ending;
  }
}

/** Why the container of an executor or of a command task cannot be made; undefined when it can. */
export function unsupportedContainer(
  container: ContainerInfo | undefined,
  command: CommandInfo | undefined,
): Ending | undefined {
  if (container !== undefined && container.type !== "MESOS") {
    // No containerizer takes it; mesos-agent then waits for a container that does not exist.
    const message = "Abnormal executor termination: unknown container";
    return { state: "TASK_FAILED", reason: "REASON_EXECUTOR_TERMINATED", message };
  }
  const volumes = (container?.volumes ?? []).length > 0 ? "Volumes in ContainerInfo is not supported" : undefined;
  const problem = imageProblem(container) ?? volumes ?? networkProblem(container) ?? secretsProblem(command);
  if (problem === undefined) return undefined;
  const message = `Failed to launch container: ${problem}`;
  return { state: "TASK_FAILED", reason: "REASON_CONTAINER_LAUNCH_FAILED", message };
}

/**
 * Why the container of a task in a group of the default executor cannot be made. It lies in the executor's; the posix
 * filesystem isolator does not look at such containers, so their volumes are not made and not refused.
 */
export const unsupportedNestedContainer = (
  container: ContainerInfo | undefined,
  command: CommandInfo | undefined,
): string | undefined => imageProblem(container) ?? networkProblem(container) ?? secretsProblem(command);

function imageProblem(container: ContainerInfo | undefined): string | undefined {
  const type = container?.mesos?.image?.type;
  return type === undefined ? undefined : `Unsupported container image type: ${type}`;
}

/** Networks without a name are the host's. */
function networkProblem(container: ContainerInfo | undefined): string | undefined {
  const name = container?.network_infos?.find((network) => network.name !== undefined)?.name;
  return name === undefined ? undefined : `Unknown CNI network '${name}'`;
}

/** Secrets that are values are known; references would need a resolver. */
function secretsProblem(command: CommandInfo | undefined): string | undefined {
  const secrets = (command?.environment?.variables ?? []).flatMap(secretOf);
  if (secrets.some(({ reference }) => reference !== undefined)) {
    return "Default secret resolver cannot resolve references";
  }
  return secrets.some(({ value }) => value === undefined) ? "Secret has no value" : undefined;
}

const secretOf = ({ type, secret }: EnvironmentVariable) => (type === "SECRET" && secret !== undefined ? [secret] : []);

/** The text of a variable: its value, or that of its secret. */
export function variableText({ type, value, secret }: EnvironmentVariable): string | undefined {
  if (type !== "SECRET") return value;
  const data = secret?.value?.data;
  return data === undefined ? undefined : Buffer.from(data, "base64").toString("utf8");
}
