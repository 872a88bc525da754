// The settings of the embedded master under the names of mesos-master's flags: only those that mean the same here.
import { formatDuration } from "../../wire/duration.ts";
import type { Authentication, Realm } from "../http/authentication.ts";
import { limits, type MasterTimings } from "../state/options.ts";

interface FlagFacts {
  readonly host: string;
  readonly port: number;
  readonly workDir: string | undefined;
  readonly timings: MasterTimings;
  readonly authentication: Authentication | undefined;
}

/** In alphabetical order, as Mesos lists them. */
export function flagsView({ host, port, workDir, timings, authentication }: FlagFacts) {
  const asks = (realm: Realm) => String(authentication?.realms.has(realm) ?? false);
  return {
    agent_ping_timeout: formatDuration(timings.agentPingIntervalMs),
    agent_reregister_timeout: "10mins",
    allocation_interval: formatDuration(timings.allocationIntervalMs),
    authenticate_agents: "false",
    authenticate_frameworks: "false",
    authenticate_http_frameworks: asks("scheduler"),
    authenticate_http_readonly: asks("readonly"),
    authenticate_http_readwrite: asks("readwrite"),
    hostname: host,
    http_authenticators: "basic",
    ip: host,
    max_agent_ping_timeouts: String(timings.maxMissedPings),
    max_completed_frameworks: String(limits.completedFrameworks),
    max_completed_tasks_per_framework: String(limits.completedTasks),
    max_unreachable_tasks_per_framework: String(limits.unreachableTasks),
    min_allocatable_resources: "cpus:0.01|mem:32",
    port: String(port),
    root_submissions: "true",
    ...(workDir === undefined ? {} : { work_dir: workDir }),
  } satisfies Readonly<Record<string, string>>;
}
