// /metrics/snapshot: the metrics of mesos-agent that this engine has a value for (recording operator-api).
import { cpus, freemem, loadavg, totalmem } from "node:os";
import { isTerminalTaskState, Resources } from "@cke/mesos";
import type { AgentContext } from "../state/agent-context.ts";
import { taskState } from "../state/agent-state.ts";
import { usedByAll } from "../state/resource-use.ts";

const counted = ["failed", "finished", "gone", "killed", "lost"] as const;
const gauged = ["killing", "running", "staging", "starting"] as const;

/** Name and value, sorted by name. */
export function metricsView(context: AgentContext, startedAt: number): [string, number][] {
  const { state, metrics, fetcher, collector, clock, agentInfo } = context;
  const runs = state.runs();
  const tasks = runs.flatMap((run) => [...run.tasks.values()]).map(taskState);
  const open = tasks.filter((each) => !isTerminalTaskState(each));
  const inState = (name: string) => runs.filter((run) => run.state === name).length;
  const values: Record<string, number> = {
    "containerizer/fetcher/cache_size_total_bytes": fetcher.cache.capacityBytes,
    "containerizer/fetcher/cache_size_used_bytes": fetcher.cache.usedBytes,
    "containerizer/fetcher/task_fetches_failed": fetcher.failed,
    "containerizer/fetcher/task_fetches_succeeded": fetcher.succeeded,
    "gc/path_removals_succeeded": collector.removed,
    "slave/container_launch_errors": metrics.launchErrors,
    "slave/executors_registering": inState("registering"),
    "slave/executors_running": inState("running"),
    "slave/executors_terminated": metrics.executorsTerminated,
    "slave/executors_terminating": inState("terminating"),
    "slave/frameworks_active": state.frameworks.size,
    "slave/invalid_framework_messages": metrics.invalidMessages,
    "slave/invalid_status_updates": metrics.invalidUpdates,
    "slave/recovery_errors": metrics.recoveryErrors,
    "slave/recovery_time_secs": metrics.recoverySeconds,
    "slave/registered": context.registered() ? 1 : 0,
    "slave/uptime_secs": (clock.now() - startedAt) / 1000,
    "slave/valid_framework_messages": metrics.validMessages,
    "slave/valid_status_updates": metrics.validUpdates,
    "system/cpus_total": cpus().length,
    "system/mem_free_bytes": freemem(),
    "system/mem_total_bytes": totalmem(),
  };
  for (const name of counted) values[`slave/tasks_${name}`] = metrics.entered(`TASK_${name.toUpperCase()}`);
  for (const name of gauged) {
    values[`slave/tasks_${name}`] = open.filter((each) => each === `TASK_${name.toUpperCase()}`).length;
  }
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  Object.assign(values, { "system/load_1min": one, "system/load_5min": five, "system/load_15min": fifteen });
  const total = agentInfo().resources ?? [];
  const used = usedByAll(state);
  for (const name of ["cpus", "disk", "gpus", "mem"]) {
    const [all, taken] = [Resources.scalarOf(total, name), Resources.scalarOf(used, name)];
    values[`slave/${name}_total`] = all;
    values[`slave/${name}_used`] = taken;
    values[`slave/${name}_percent`] = all === 0 ? 0 : taken / all;
  }
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}
