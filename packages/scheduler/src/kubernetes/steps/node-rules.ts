// What the reports of a KubeNode's executor mean, and what a KubeNode leaves on its host. The steps are those of
// `LaunchStep` in the executor.
import type { UnitRules } from "../../workload/records/unit-rules.ts";

/**
 * Steps of the executor in which Docker refuses for lasting reasons: no such image, no such network, address in use.
 */
const configurationSteps = new Set(["image", "network", "container"]);

/** Lasting refusals of Docker and of the host, in any step: `UnitReport.cause`. */
const configurationCauses = new Set(["name_taken", "volume_taken", "docker_permission", "privileges_missing"]);

export const nodeRules: UnitRules = {
  isOnHost: ({ containerId }) => containerId !== "",
  looksAtHost: ({ step }) => step === "" || step === "engine",
  needsHelp: ({ step, cause }) => configurationSteps.has(step) || configurationCauses.has(cause),
  remains: ({ workload, unit }) => `container cke-${workload}-${unit} or its volumes`,
  cleanupCommand: ({ workload, unit, instance }) =>
    `cke-k8s-exec -cleanup ${workload}/${unit}${instance === "" ? "" : `@${instance}`}`,
};
