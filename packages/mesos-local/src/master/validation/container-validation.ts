// Validates a ContainerInfo. Whether an agent can make such a container is checked by the agent.
// Words and order: src/common/validation.cpp of Mesos 1.12.
import type { ContainerInfo, Volume } from "@cke/mesos";

/** What is wrong with a container, or undefined. */
export function containerProblem(container: ContainerInfo | undefined): string | undefined {
  if (container === undefined) return undefined;
  for (const volume of container.volumes ?? []) {
    const problem = volumeProblem(volume);
    if (problem !== undefined) return `Invalid volume: ${problem}`;
  }
  if (container.type !== "DOCKER") return undefined;
  if (container.docker === undefined) return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo";
  return container.docker.parameters?.some(({ key }) => key === "name")
    ? "Parameter in DockerInfo must not be 'name'"
    : undefined;
}

function volumeProblem({ host_path, image, source }: Volume): string | undefined {
  if ([host_path, image, source].filter((part) => part !== undefined).length !== 1) {
    return "Only one of them should be set: 'host_path', 'image' and 'source'";
  }
  return source === undefined ? undefined : sourceProblem(source);
}

function sourceProblem(source: NonNullable<Volume["source"]>): string | undefined {
  const missing = (field: string, what: string) => `'source.${field}' is not set for ${what} volume`;
  switch (source.type) {
    case "DOCKER_VOLUME":
      return source.docker_volume === undefined ? missing("docker_volume", "DOCKER_VOLUME") : undefined;
    case "HOST_PATH":
      return source.host_path === undefined ? missing("host_path", "HOST_PATH") : undefined;
    case "SANDBOX_PATH":
      return source.sandbox_path === undefined ? missing("sandbox_path", "SANDBOX_PATH") : undefined;
    case "SECRET":
      return source.secret === undefined ? missing("secret", "SECRET") : undefined;
    case "CSI_VOLUME":
      if (source.csi_volume === undefined) return missing("csi_volume", "CSI");
      return source.csi_volume.static_provisioning === undefined
        ? missing("csi_volume.static_provisioning", "CSI")
        : undefined;
    default:
      return "'source.type' is unknown";
  }
}

/** `share_cgroups` is for tasks of a group: a task alone has cgroups of its own anyway. */
export function taskCgroupsProblem(container: ContainerInfo | undefined): string | undefined {
  return container?.linux_info?.share_cgroups === false
    ? "Only tasks in a task group may have 'share_cgroups' set to 'false'"
    : undefined;
}

export function executorCgroupsProblem(container: ContainerInfo | undefined): string | undefined {
  return container?.linux_info?.share_cgroups === true
    ? "The 'share_cgroups' field cannot be set to 'true' on executor containers"
    : undefined;
}
