// The Apache Mesos whose behaviour this engine follows: version and build as recorded (operator-api).
export const mesosVersion = {
  build_date: "2026-11-23 12:00:00 UTC",
  build_time: 1795435200,
  build_user: "root",
  git_branch: "refs/heads/master",
  git_sha: "c1b42f79d157aa900be5cbb0c1023f1479962aa7",
  version: "1.12.0",
} as const;

export const agentCapabilities = [
  "MULTI_ROLE",
  "HIERARCHICAL_ROLE",
  "RESERVATION_REFINEMENT",
  "RESOURCE_PROVIDER",
  "RESIZE_VOLUME",
  "AGENT_OPERATION_FEEDBACK",
  "AGENT_DRAINING",
  "TASK_RESOURCE_LIMITS",
] as const;
