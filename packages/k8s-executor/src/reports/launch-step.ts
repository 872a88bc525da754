// The steps of a node's launch, in their order; UnitReport.launchStep names the one that is being taken.
export const launchSteps = ["engine", "image", "network", "container", "wrapper", "secrets", "files"] as const;
export type LaunchStep = (typeof launchSteps)[number];

export type ReportStep = LaunchStep | "ready" | "stopping";
