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
  words: { workload: "cluster", unit: "node", stateful: "masters", keeps: "data, addresses and keys" },
  resourceTasks: true,
  isOnHost: ({ containerId }) => containerId !== "",
  withoutExecutor: "runs",
  leftRunning: ({ cause }) => cause === "removal_failed",
  withoutData: {
    begins: true,
    words: ({ unit }, hostname) =>
      `its data was on ${hostname}, whose agent was marked gone, and the others of its kind go on with theirs, which do not know a node that begins without data: replace it (POST …/nodes/${unit}/replace)`,
  },
  homeLost: ({ unit }) =>
    `Should that host be lost for good: where other masters have their data, replace the node (POST …/nodes/${unit}/replace); a single one begins elsewhere, without data, when its agent is marked gone in Mesos (MARK_AGENT_GONE)`,
  looksAtHost: ({ launchStep: step }) => step === "" || step === "engine",
  needsHelp: ({ launchStep: step, cause }) => configurationSteps.has(step) || configurationCauses.has(cause),
  remains: ({ workload, unit }) => `container cke-${workload}-${unit} or its volumes`,
  cleanupCommand: ({ workload, unit, instance }) =>
    `cke-k8s-exec -cleanup ${workload}/${unit}${instance === "" ? "" : `@${instance}`}`,
};
