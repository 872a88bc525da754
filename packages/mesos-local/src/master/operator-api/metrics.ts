// /metrics/snapshot and GET_METRICS: the gauges and counters of Mesos that mean something here, under Mesos' names.
import { cpus, freemem, loadavg, totalmem } from "node:os";
import { taskStates } from "@cke/mesos";
import { scalarOf, sumBags } from "../../resources/bag.ts";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord } from "../state/records.ts";
import { usedOn } from "./resource-sums.ts";

/** All metrics, sorted by name. */
export function metricsOf(state: MasterState): readonly (readonly [name: string, value: number])[] {
  const all = { ...resources(state), ...population(state), ...tasks(state), ...machine(), ...counters(state) };
  return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
}

function resources(state: MasterState): Record<string, number> {
  const agents = [...state.agents.values()];
  const total = sumBags(agents.map(({ ledger }) => ledger.total));
  const used = sumBags(agents.map(usedOn));
  return Object.fromEntries(
    ["cpus", "disk", "gpus", "mem"].flatMap((name) => {
      const [all, taken] = [scalarOf(total, name), scalarOf(used, name)];
      return [
        [`master/${name}_total`, all],
        [`master/${name}_used`, taken],
        [`master/${name}_percent`, all === 0 ? 0 : taken / all],
      ];
    }),
  );
}

function population(state: MasterState): Record<string, number> {
  const frameworks = [...state.frameworks.values()];
  const agents = [...state.agents.values()];
  const connected = frameworks.filter(({ stream }) => stream !== undefined).length;
  const connectedAgents = agents.filter(({ stream }) => stream !== undefined);
  const active = connectedAgents.filter(({ id }) => !state.deactivated.has(id)).length;
  return {
    "master/elected": state.leads ? 1 : 0,
    "master/operator_event_stream_subscribers": state.watchers.size,
    "master/uptime_secs": (state.services.clock.now() - state.startedMs) / 1000,
    "master/frameworks_active": connected,
    "master/frameworks_connected": connected,
    "master/frameworks_disconnected": frameworks.length - connected,
    "master/frameworks_inactive": frameworks.length - connected,
    "master/outstanding_offers": frameworks.reduce((sum, { offers }) => sum + offers.size, 0),
    "master/slaves_active": active,
    "master/slaves_connected": connectedAgents.length,
    "master/slaves_disconnected": agents.length - connectedAgents.length,
    "master/slaves_inactive": agents.length - active,
    "master/slaves_unreachable": state.unreachable.size,
  };
}

function tasks(state: MasterState): Record<string, number> {
  const names = [...taskStates]
    .filter((name) => name !== "TASK_UNKNOWN")
    .map((name) => [name, `master/${name.toLowerCase().replace("task_", "tasks_")}`] as const);
  const counts = Object.fromEntries(names.map(([, metric]) => [metric, 0]));
  const metricOf = new Map<string, string>(names);
  const listOf = ({ tasks: live, unreachableTasks, completedTasks }: FrameworkRecord) => [
    ...live.values(),
    ...unreachableTasks.values(),
    ...completedTasks.list(),
  ];
  for (const { state: name } of [...state.frameworks.values(), ...state.completedFrameworks].flatMap(listOf)) {
    const metric = metricOf.get(name) ?? "";
    counts[metric] = (counts[metric] ?? 0) + 1;
  }
  return counts;
}

export function machine(): Record<string, number> {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    "system/cpus_total": cpus().length,
    "system/load_1min": one,
    "system/load_5min": five,
    "system/load_15min": fifteen,
    "system/mem_free_bytes": freemem(),
    "system/mem_total_bytes": totalmem(),
  };
}

/** Counters that are there from the start. */
const counted = [
  ...["register_framework", "reregister_framework", "unregister_framework", "launch_tasks", "decline_offers"],
  ...["revive_offers", "suppress_offers", "kill_task", "status_update_acknowledgement", "reconcile_tasks"],
  ...["reconcile_operations", "operation_status_update_acknowledgement", "framework_to_executor", "resource_request"],
].map((name) => `messages_${name}`);

const counters = (state: MasterState) =>
  Object.fromEntries(
    [
      ...[...counted, "slave_registrations", "slave_reregistrations", "slave_removals"].map(
        (name) => [name, 0] as const,
      ),
      ...state.counters,
    ].map(([name, value]) => [`master/${name}`, value]),
  );
